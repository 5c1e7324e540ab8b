// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulator/call_site.hpp"
#include "emulator/warp_meeting.hpp"

namespace headwise::emulator {

/// Which accesses of a block's shared memory are ordered by a barrier, and a fault for two that are not, are by
/// different threads, and of which one writes. Whether it is found does not depend on the order in which the threads
/// happen to run.
///
/// Time passes for a warp when it comes to a barrier. A warp knows up to which time of another one everything came
/// before: what that one had done when both last were at a barrier, or what others knew of it that were there.
/// Shuffles, votes, load_matrices and multiply_add do not order memory, as on the device.
class access_order {
 public:
  static constexpr int most_warps = 32;
  using warps = std::bitset<most_warps>;

  /// Who accesses: a lane, or all lanes of a warp together.
  static constexpr int all_lanes = warp_lanes;

  void resize(int warp_count, std::size_t shared_bytes);
  /// Everything before came before everything from now on.
  void begin_block() { barrier(warps().set()); }
  /// All of these warps have come to a barrier.
  void barrier(const warps& come);
  void sync_warp(int warp) { ++now_[warp]; }

  void read(int warp, int lane, std::size_t offset, std::size_t bytes, const call_site& where);
  void write(int warp, int lane, std::size_t offset, std::size_t bytes, const call_site& where);
  /// A copy of 16 bytes to there is on its way, until it arrives.
  void start_copy(int warp, int lane, std::size_t offset, const call_site& where);
  void end_copy(int warp, int lane, std::size_t offset, const call_site& where);

 private:
  /// The latest of its kind to some place; none at time 0.
  struct access {
    std::uint32_t time = 0;
    std::uint16_t site = 0;
    std::uint8_t warp = 0;
    std::uint8_t lane = 0;
  };
  /// What is remembered of two bytes, which is the smallest number that kernels share; accesses of one byte are not
  /// looked at. Two reads, if possible of different warps, are enough to find a write that is ordered behind neither,
  /// but for three warps of which a barrier holds some and not all.
  struct cell {
    access write;
    access reads[2];
    bool awaits_copy = false;
  };
  static constexpr std::size_t cell_bytes = 2;
  static constexpr std::size_t chunk_cells = 8;
  static constexpr std::size_t chunk_bytes = chunk_cells * cell_bytes;
  /// The largest access. While all of it is accessed together, the first cell stands for all.
  struct chunk {
    bool together = true;
    cell cells[chunk_cells];
  };

  template <typename Action>
  void for_each_cell(std::size_t offset, std::size_t bytes, const Action& act);
  access access_by(int warp, int lane, const call_site& where) const;
  bool before(const access& earlier, const access& later) const;
  void read_cell(cell& place, const access& now) const;
  void write_cell(cell& place, const access& now) const;

  std::vector<chunk> chunks_;
  std::size_t warp_count_ = 0;
  std::uint32_t now_[most_warps] = {};
  std::uint32_t seen_[most_warps][most_warps] = {};
};

}  // namespace headwise::emulator
