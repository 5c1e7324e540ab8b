// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/warp_sums.cuh"
#include "headwise/policies/head_norm.hpp"

namespace headwise::cuda {

/// The threads that normalise one group of heads of a token together. Chunk `step` of thread i is the chunk
/// i + step * threads of the group.
template <int GroupHeads, typename T, int Heads, int Dim>
struct norm_team {
  static constexpr int width = widest_chunk<T>(Dim);
  static constexpr int heads = GroupHeads;
  static constexpr int groups = Heads / heads;
  static constexpr int features = heads * Dim;
  static constexpr int chunks_of_head = Dim / width;
  static constexpr int chunks = heads * chunks_of_head;
  /// Up to two steps of a warp are better than a block that waits for itself.
  static constexpr int threads =
      chunks <= 2 * warp_size ? std::min(warp_size, static_cast<int>(std::bit_ceil(static_cast<unsigned>(chunks))))
                              : std::min(512, static_cast<int>(std::bit_ceil(static_cast<unsigned>(chunks))));
  static constexpr int steps = (chunks + threads - 1) / threads;
  static constexpr int block = threads <= warp_size ? 256 : threads;
  static constexpr int teams = block / threads;
  /// Shared memory of a block, for sums over teams larger than a warp.
  static constexpr std::size_t shared_bytes = threads <= warp_size ? 0 : block / warp_size * sizeof(sum_type<T>);

  /// Whether a thread has a chunk at a step.
  HEADWISE_DEVICE static bool has(int thread, int step) {
    return chunks % threads == 0 || thread + step * threads < chunks;
  }
  /// The head of the group, and the feature, that a chunk starts at.
  HEADWISE_DEVICE static int head_of(int thread, int step) { return (thread + step * threads) / chunks_of_head; }
  HEADWISE_DEVICE static int feature_of(int thread, int step) {
    return (thread + step * threads) % chunks_of_head * width;
  }
};

/// A thread's chunks of a group.
template <typename Team, typename T>
struct group_chunks {
  feature_chunk<T, Team::width> step[std::size_t{Team::steps}];
};

/// Reads the thread's chunks of the group that starts at head `first` of a token; where there is nothing they are zero.
template <typename Team, bool Whole, typename T, int Heads, int Dim>
HEADWISE_DEVICE group_chunks<Team, T> load_group(const head_view<const T, Heads, Dim>& view, std::int64_t b,
                                                 std::int64_t n, int first, int thread, bool live) {
  group_chunks<Team, T> chunks;
  HEADWISE_UNROLL
  for (int step = 0; step < Team::steps; ++step)
    chunks.step[step] = live && Team::has(thread, step)
                            ? load_chunk<Team::width, Whole>(view.row(b, n, first + Team::head_of(thread, step)) +
                                                             Team::feature_of(thread, step))
                            : feature_chunk<T, Team::width>{};
  return chunks;
}

/// factor * gain for the thread's chunks.
template <norm_gain Gain, typename Team, bool Whole, int Dim, typename T>
HEADWISE_DEVICE group_chunks<Team, T> load_gains(const T* gain, sum_type<T> factor, int first, int thread) {
  group_chunks<Team, T> gains;
  HEADWISE_UNROLL
  for (int step = 0; step < Team::steps; ++step) {
    feature_chunk<T, Team::width> chunk{};
    if constexpr (Gain != norm_gain::none) {
      const int head = Gain == norm_gain::per_head ? first + Team::head_of(thread, step) : 0;
      if (Team::has(thread, step))
        chunk = load_chunk<Team::width, Whole>(gain + head * Dim + Team::feature_of(thread, step));
    }
    HEADWISE_UNROLL
    for (int d = 0; d < Team::width; ++d)
      gains.step[step].value[d] = Gain == norm_gain::none ? factor : factor * chunk.value[d];
  }
  return gains;
}

/// The sum over the group of the products of two threads' chunks, on every thread.
template <typename Team, typename T>
HEADWISE_DEVICE sum_type<T> product_over_group(const group_chunks<Team, T>& a, const group_chunks<Team, T>& b,
                                               sum_type<T>* shared) {
  sum_type<T> sum = 0;
  HEADWISE_UNROLL
  for (int step = 0; step < Team::steps; ++step) {
    HEADWISE_UNROLL
    for (int d = 0; d < Team::width; ++d) sum += a.step[step].value[d] * b.step[step].value[d];
  }
  return sum_over_team<Team::threads>(sum, shared);
}

}  // namespace headwise::cuda
