// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/visible_keys.cuh"

namespace headwise::cuda {

/// The keys and values of one head on their way through shared memory: the block is at work on a tile of `Rows` of them
/// while the next one arrives.
template <int Rows, int HeadDim, int ValueDim, int Threads>
struct key_value_stages {
  using key_tile = shared_tile<Rows, HeadDim>;
  using value_tile = shared_tile<Rows, ValueDim>;
  static constexpr int stage_bytes = key_tile::bytes + value_tile::bytes;
  static constexpr int bytes = 2 * stage_bytes;

  shared_address first;

  HEADWISE_DEVICE key_tile keys(int stage) const { return {first + stage * stage_bytes}; }
  HEADWISE_DEVICE value_tile values(int stage) const { return {first + (stage * stage_bytes + key_tile::bytes)}; }

  /// Calls `visit(first key, stage)` for every tile with keys of `range`, which is not empty. Copies that the block
  /// has started before arrive with the first tile. Keys at `end` and behind are zeros.
  template <typename Inputs, typename Aligned, typename Visit>
  HEADWISE_DEVICE void for_each_tile(const Inputs& inputs, const Aligned& aligned, int b, int head, key_span range,
                                     int end, const Visit& visit) const {
    const auto start = [&](int first_key, int stage) {
      copy_rows<Threads>(inputs.k, b, head, first_key, end, aligned.k, keys(stage));
      copy_rows<Threads>(inputs.v, b, head, first_key, end, aligned.v, values(stage));
      commit_copies();
    };
    // Tiles start at multiples of their size, so that what a query gives does not depend on its neighbours' ranges.
    int first_key = range.begin / Rows * Rows;
    start(first_key, 0);
    for (int stage = 0; first_key < range.end; first_key += Rows, stage ^= 1) {
      wait_for_copies<0>();
      sync_block();
      if (first_key + Rows < range.end) start(first_key + Rows, stage ^ 1);
      visit(first_key, stage);
    }
  }
};

}  // namespace headwise::cuda
