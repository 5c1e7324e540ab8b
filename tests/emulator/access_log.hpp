// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulator/call_site.hpp"

namespace headwise::emulator {

enum class access_kind : std::uint8_t {
  matrix_load,
  shared_load,
  shared_store,
  global_load,
  global_store,
  copy_to_shared,
  copy_from_global
};

/// What the lanes of a warp access between two times that they come together. Then accesses of different lanes are put
/// together to the instructions of the warp: those at the same place in the source, each lane's first with the others'
/// first there, its second with their second.
class access_log {
 public:
  void add(int lane, access_kind kind, const void* address, std::size_t bytes, const call_site& where);
  /// Counts the instructions, and begins anew.
  void count();
  void forget() { entries_.clear(); }

 private:
  struct entry {
    std::uint16_t site;
    access_kind kind;
    std::uint8_t bytes;
    std::uint8_t lane;
    std::uint32_t turn;  // how often this lane has been there
    std::uintptr_t address;
  };

  static bool same_instruction(const entry& a, const entry& b);

  std::vector<entry> entries_;
};

}  // namespace headwise::emulator
