// SPDX-License-Identifier: Apache-2.0
// Sums of rows over tokens. A thread has one column of a slice of tokens and keeps its sum in a register; neighbouring
// threads have neighbouring columns. A second kernel adds the sums of all slices in their order.
#pragma once

#include <cstdint>

#include "headwise/core/token_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/partial_sums.cuh"

namespace headwise::cuda {

/// Rows, and the sums over every slice of them, [slices][width].
template <typename T>
struct summed_rows {
  token_view<const T> rows;
  sum_type<T>* partial;
};

/// Threads of a block that sums rows.
inline constexpr int sum_threads = 128;
/// Tokens that are worth a block.
inline constexpr int least_summed_slice = 64;

/// A thread for every column of a slice.
template <typename T>
HEADWISE_KERNEL(sum_threads, 1)
sum_rows(HEADWISE_KERNEL_PARAMETER summed_rows<T> tensors) {
  const token_slices slices{tensors.rows.batch * tensors.rows.tokens, least_summed_slice};
  const std::int64_t blocks = blocks_of(tensors.rows.width, sum_threads);
  const std::int64_t slice = block_index() / blocks;
  const std::int64_t column = (block_index() - slice * blocks) * sum_threads + thread_index();
  if (column >= tensors.rows.width) return;
  const std::int64_t begin = slice * slices.size();
  const std::int64_t end = begin + slices.size() < slices.tokens ? begin + slices.size() : slices.tokens;
  std::int64_t b = begin / tensors.rows.tokens;
  std::int64_t n = begin - b * tensors.rows.tokens;
  sum_type<T> sum = 0;
  for (std::int64_t token = begin; token < end; ++token) {
    sum += static_cast<sum_type<T>>(load_global(tensors.rows.row(b, n) + column));
    if (++n == tensors.rows.tokens) {
      n = 0;
      ++b;
    }
  }
  store_global(tensors.partial + slice * tensors.rows.width + column, sum);
}

/// Adds the rows of all tokens to `total` [width], always in the same order.
template <typename T>
void add_rows(token_view<const T> rows, T* total, cuda_workspace& workspace) {
  const std::int64_t slices = token_slices{rows.batch * rows.tokens, least_summed_slice}.count();
  cuda_workspace::frame frame(workspace);
  const partial_sums<T> sums = take_partials(slices, rows.width, total, frame);
  workspace.launch("sum_rows", sum_rows<T>,
                   {.blocks = slices * blocks_of(rows.width, sum_threads), .threads = sum_threads},
                   {rows, sums.partial});
  launch_add_partials(sums, workspace);
}

}  // namespace headwise::cuda
