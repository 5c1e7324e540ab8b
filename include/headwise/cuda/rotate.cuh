// SPDX-License-Identifier: Apache-2.0
// Rotary positions. A block has some tokens of one sequence, their cosines and sines in shared memory, which serve all
// heads; a thread has some neighbouring pairs of features of one head at a time, in registers.
#pragma once

#include <cstdint>
#include <span>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/rotation.cuh"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cuda {

/// What the rotation reads and writes.
template <typename T, int Heads, int Dim>
struct rotation_tensors {
  head_view<const T, Heads, Dim> x;
  head_view<T, Heads, Dim> y;
  kernel_lengths first_positions;
  double direction;
};

/// Threads of a block that rotates tokens.
inline constexpr int rotation_threads = 256;

/// A block for some tokens of one sequence: it works out their cosines and sines once for all heads.
template <typename Positions, bool Whole, typename T, int Heads, int Dim>
HEADWISE_KERNEL(rotation_threads, 2)
turn_tokens(HEADWISE_KERNEL_PARAMETER rotation_tensors<T, Heads, Dim> tensors) {
  using table_type = turn_table<sum_type<T>, Dim>;
  using shape = pair_shape<Positions, T, Dim>;
  constexpr int chunks = Dim / 2 / shape::pairs;
  const table_type table(shared_memory());
  const std::int64_t blocks = blocks_of(tensors.x.tokens, table_type::tokens);
  const std::int64_t b = block_index() / blocks;
  const std::int64_t n = (block_index() - b * blocks) * table_type::tokens;
  const std::int64_t rest = tensors.x.tokens - n;
  const int count = rest < table_type::tokens ? static_cast<int>(rest) : table_type::tokens;
  fill_turns<Positions>(table, length_of(tensors.first_positions, b, 0) + n, count, tensors.direction);
  sync_block();
  for (int i = thread_index(); i < count * Heads * chunks; i += rotation_threads) {
    const int pair = i % chunks * shape::pairs;
    const int head = i / chunks % Heads;
    const int token = i / chunks / Heads;
    const auto x = load_pairs<Positions, Dim, shape, Whole>(tensors.x.row(b, n + token, head), pair);
    store_pairs<Positions, Dim, shape, Whole>(tensors.y.row(b, n + token, head), pair, turned(x, table, token, pair));
  }
}

namespace loops {

template <typename Positions, typename T, int Heads, int Dim>
void launch_turn_tokens(const char* name, head_view<const T, Heads, Dim> x,
                        std::span<const std::int64_t> first_positions, head_view<T, Heads, Dim> y, double direction,
                        cuda_workspace& workspace) {
  using table_type = turn_table<sum_type<T>, Dim>;
  headwise::detail::check_rotate(x, first_positions, y);
  constexpr int width = pair_shape<Positions, T, Dim>::width;
  cuda_workspace::frame frame(workspace);
  const kernel_lengths starts = lengths_for_kernel(first_positions, frame);
  with_whole_chunks<width>(chunk_aligned<width>(x) && chunk_aligned<width>(y), [&](auto whole) {
    workspace.launch(name, turn_tokens<Positions, decltype(whole)::value, T, Heads, Dim>,
                     {.blocks = x.batch * blocks_of(x.tokens, table_type::tokens),
                      .threads = rotation_threads,
                      .shared_bytes = table_type::shared_bytes},
                     {x, y, starts, direction});
  });
}

}  // namespace loops

/// Rotary positions: turns every feature pair of x [batch][tokens][Heads][Dim] by position * frequency. Token n of
/// sequence b stands at position first_positions[b] + n (at n where none are given). y may be x.
template <typename Positions, typename In, typename T, int Heads, int Dim>
void rotate(head_view<In, Heads, Dim> x, std::span<const std::int64_t> first_positions, head_view<T, Heads, Dim> y,
            cuda_workspace& workspace) {
  loops::launch_turn_tokens<Positions, T, Heads, Dim>("rotate", x, first_positions, y, 1, workspace);
}

/// The backward of `rotate`: the same turn the other way. x_gradient may be y_gradient.
template <typename Positions, typename In, typename T, int Heads, int Dim>
void rotate_backward(head_view<In, Heads, Dim> y_gradient, std::span<const std::int64_t> first_positions,
                     head_view<T, Heads, Dim> x_gradient, cuda_workspace& workspace) {
  loops::launch_turn_tokens<Positions, T, Heads, Dim>("rotate_backward", y_gradient, first_positions, x_gradient, -1,
                                                      workspace);
}

}  // namespace headwise::cuda
