// SPDX-License-Identifier: Apache-2.0
// What the backward of attention asks of every query, two numbers and what its tile sees: a thread has one query, and
// writes both numbers at once.
#pragma once

#include <cstdint>

#include "headwise/cuda/attend_backward_parameters.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/score_tile.cuh"
#include "headwise/cuda/token_blocks.cuh"

namespace headwise::cuda {

/// Tiles have as many queries, or a divisor.
inline constexpr int query_numbers_multiple = 128;

/// The numbers of every query of a call, a thread for each, and what each `Rows` of them see. Those behind the last
/// query give no weight either; those that have none to give see nothing.
template <int Rows, typename Variant, typename Scalar>
HEADWISE_KERNEL(query_numbers_multiple, 1)
store_query_numbers(HEADWISE_KERNEL_PARAMETER attend_backward_parameters<Variant, Scalar> p, query_numbers* numbers,
                    visible_keys* tiles) {
  const std::int64_t blocks_per_head = p.numbers_per_head / query_numbers_multiple;
  const std::int64_t sequence_head = block_index() / blocks_per_head;
  const int head = static_cast<int>(sequence_head % Variant::query_heads);
  const int b = static_cast<int>(sequence_head / Variant::query_heads);
  const int i = static_cast<int>(block_index() % blocks_per_head) * query_numbers_multiple + thread_index();
  const query_side side = p.side(b, head);
  query_numbers mine{-nothing<float>, 0};
  visible_keys seen{{0, 0}, {0, side.keys}};
  if (i < side.queries) {
    const float lse = load_global(p.lse.row(b, head) + i);
    if (lse != nothing<float>) mine = {lse * static_cast<float>(log2_of_e), p.mean_gradient(b, head, i)};
    seen.add(gives_weight(mine) ? side.visible(p.mask, i) : key_span{0, 0});
  }
  store_global(numbers + sequence_head * p.numbers_per_head + i, mine);
  seen = seen.template over_lanes<Rows>();
  if (i % Rows == 0) store_global(tiles + sequence_head * p.tiles_per_head + i / Rows, seen);
}

/// Starts to copy the numbers of `Rows` queries to shared memory.
template <int Rows, typename Variant, typename Scalar>
HEADWISE_DEVICE void copy_query_numbers(const attend_backward_parameters<Variant, Scalar>& p, int b, int head,
                                        int first, shared_address to) {
  constexpr int at_once = 16 / static_cast<int>(sizeof(query_numbers));
  static_assert(Rows % at_once == 0 && query_numbers_multiple % Rows == 0);
  const query_numbers* from =
      p.numbers + (static_cast<std::int64_t>(b) * Variant::query_heads + head) * p.numbers_per_head + first;
  if (thread_index() < Rows / at_once) copy_async(to + thread_index() * 16, from + thread_index() * at_once, true);
}

namespace launches {

/// Memory for what the tensor cores' backward asks of queries.
struct query_room {
  query_numbers* numbers = nullptr;
  visible_keys* tiles = nullptr;
};

/// Tiles of `Rows` queries of a head, and some more.
template <int Rows>
std::int64_t tiles_per_head(std::int64_t queries) {
  static_assert(query_numbers_multiple % Rows == 0 && warp_size % Rows == 0);
  return blocks_of(queries, query_numbers_multiple) * (query_numbers_multiple / Rows);
}

/// Takes that memory, for so many heads of all sequences.
template <int Rows>
query_room take_query_room(std::int64_t heads, std::int64_t queries, cuda_workspace::frame& frame) {
  const std::int64_t tiles = heads * tiles_per_head<Rows>(queries);
  return {frame.take<query_numbers>(tiles * Rows), frame.take<visible_keys>(tiles)};
}

/// Works it all out and tells the kernels of it.
template <int Rows, typename Variant, typename Scalar>
void fill_query_room(attend_backward_parameters<Variant, Scalar>& p, const query_room& room,
                     cuda_workspace& workspace) {
  p.numbers = room.numbers;
  p.seen = room.tiles;
  p.tiles_per_head = tiles_per_head<Rows>(p.q.tokens);
  p.numbers_per_head = p.tiles_per_head * Rows;
  workspace.launch("numbers of queries", store_query_numbers<Rows, Variant, Scalar>,
                   {.blocks = blocks_of_heads<Variant::query_heads>(p.q.batch, p.q.tokens, query_numbers_multiple),
                    .threads = query_numbers_multiple},
                   p, room.numbers, room.tiles);
}

}  // namespace launches
}  // namespace headwise::cuda
