// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// The largest over the lanes of a warp.
template <typename Real>
HEADWISE_DEVICE Real largest_of_warp(Real x) {
  HEADWISE_UNROLL
  for (int bit = 1; bit < warp_size; bit *= 2) x = std::fmax(x, shuffle_xor(x, bit));
  return x;
}

/// The least over the lanes of a warp.
HEADWISE_DEVICE int least_of_warp(int x) {
  HEADWISE_UNROLL
  for (int bit = 1; bit < warp_size; bit *= 2) {
    const int other = shuffle_xor(x, bit);
    x = other < x ? other : x;
  }
  return x;
}

/// The sum over neighbouring lanes, `Lanes` of them, a power of two up to a warp, on each of them. All lanes of the
/// warp take part.
template <int Lanes = warp_size, typename Number>
HEADWISE_DEVICE Number sum_over_lanes(Number value) {
  HEADWISE_UNROLL
  for (int mask = Lanes / 2; mask > 0; mask /= 2) value += shuffle_xor(value, mask);
  return value;
}

/// The same over a team of threads that stand together: some lanes of a warp, or all `Threads` of the block. `shared`
/// has a number for every warp; the block's threads may use it again for the next sum.
template <int Threads, typename Number>
HEADWISE_DEVICE Number sum_over_team(Number value, Number* shared) {
  if constexpr (Threads <= warp_size) {
    return sum_over_lanes<Threads>(value);
  } else {
    value = sum_over_lanes(value);
    sync_block();
    if (lane_index() == 0) store_shared(shared + warp_index(), value);
    sync_block();
    Number sum = 0;
    for (int warp = 0; warp < Threads / warp_size; ++warp) sum += load_shared(shared + warp);
    return sum;
  }
}

}  // namespace headwise::cuda
