// SPDX-License-Identifier: Apache-2.0
// Two numbers of every query for the backward of attention: a thread has one query, and writes both at once.
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

/// The numbers of every query of a call, a thread for each; those behind the last query give no weight either.
template <typename Variant, typename Scalar>
HEADWISE_KERNEL(query_numbers_multiple, 1)
store_query_numbers(HEADWISE_KERNEL_PARAMETER attend_backward_parameters<Variant, Scalar> p, query_numbers* numbers) {
  const std::int64_t blocks_per_head = p.numbers_per_head / query_numbers_multiple;
  const std::int64_t sequence_head = block_index() / blocks_per_head;
  const int head = static_cast<int>(sequence_head % Variant::query_heads);
  const int b = static_cast<int>(sequence_head / Variant::query_heads);
  const int i = static_cast<int>(block_index() % blocks_per_head) * query_numbers_multiple + thread_index();
  query_numbers mine{-nothing<float>, 0};
  if (i < p.side(b, head).queries) {
    const float lse = load_global(p.lse.row(b, head) + i);
    if (lse != nothing<float>) mine = {lse * static_cast<float>(log2_of_e), p.mean_gradient(b, head, i)};
  }
  store_global(numbers + sequence_head * p.numbers_per_head + i, mine);
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

/// Room for the numbers of the queries of one head.
inline std::int64_t query_numbers_per_head(std::int64_t queries) {
  return blocks_of(queries, query_numbers_multiple) * query_numbers_multiple;
}

/// Works out the numbers of all queries and tells the kernels of them.
template <typename Variant, typename Scalar>
void fill_query_numbers(attend_backward_parameters<Variant, Scalar>& p, query_numbers* numbers,
                        cuda_workspace& workspace) {
  p.numbers = numbers;
  p.numbers_per_head = query_numbers_per_head(p.q.tokens);
  workspace.launch("numbers of queries", store_query_numbers<Variant, Scalar>,
                   {.blocks = blocks_of_heads<Variant::query_heads>(p.q.batch, p.q.tokens, query_numbers_multiple),
                    .threads = query_numbers_multiple},
                   p, numbers);
}

}  // namespace launches

}  // namespace headwise::cuda
