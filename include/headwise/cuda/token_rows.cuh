// SPDX-License-Identifier: Apache-2.0
// Copies of rows of tokens. A thread has one number.
#pragma once

#include <cstdint>

#include "headwise/core/token_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/matrix_product.cuh"

namespace headwise::cuda {

/// Rows of tokens as a batch of matrices.
template <typename T>
struct token_matrices {
  matrix_rows<T> rows;
  std::int64_t batch;
  std::int64_t tokens;
};

/// Whether the tokens of a sequence are the rows of a matrix, and sequences a batch of them.
template <typename T>
bool are_matrices(const token_view<T>& view) {
  return (view.tokens <= 1 || view.token_stride >= view.width) && (view.batch <= 1 || view.batch_stride >= 0);
}
/// Whether all tokens of the batch are the rows of one matrix.
template <typename T>
bool are_one_matrix(const token_view<T>& view) {
  const bool follow =
      view.tokens <= 1 ? view.batch_stride >= view.width : view.batch_stride == view.tokens * view.token_stride;
  return are_matrices(view) && (view.batch <= 1 || follow);
}

/// All tokens as one matrix, where they are, or else one matrix for every sequence.
template <typename T>
token_matrices<T> matrices_of(const token_view<T>& view, bool as_one) {
  // A row that stands alone has no next one.
  const std::int64_t step = view.tokens > 1            ? view.token_stride
                            : as_one && view.batch > 1 ? view.batch_stride
                                                       : view.width;
  if (as_one) return {{view.data, step}, 1, view.batch * view.tokens};
  return {{view.data, step, view.batch_stride}, view.batch, view.tokens};
}

/// Rows that are copied number by number, or all set to the same one.
template <typename T>
struct row_tensors {
  token_view<const T> from;
  token_view<T> to;
  const T* same;
};

/// Threads of a block that writes rows.
inline constexpr int row_threads = 256;

/// A thread for every number of every token: a copy, or the number of `same` in its column, or zero where both are
/// null.
template <typename T>
HEADWISE_KERNEL(row_threads, 1)
write_rows(HEADWISE_KERNEL_PARAMETER row_tensors<T> tensors) {
  const std::int64_t index = block_index() * row_threads + thread_index();
  const std::int64_t width = tensors.to.width;
  if (index >= tensors.to.batch * tensors.to.tokens * width) return;
  const std::int64_t token = index / width;
  const std::int64_t column = index - token * width;
  const std::int64_t b = token / tensors.to.tokens;
  const std::int64_t n = token - b * tensors.to.tokens;
  T value{};
  if (tensors.from.data != nullptr) {
    value = load_global(tensors.from.row(b, n) + column);
  } else if (tensors.same != nullptr) {
    value = load_global(tensors.same + column);
  }
  store_global(tensors.to.row(b, n) + column, value);
}

namespace loops {

template <typename T>
void launch_write_rows(const char* name, const row_tensors<T>& tensors, cuda_workspace& workspace) {
  workspace.launch(name, write_rows<T>,
                   {.blocks = blocks_of(tensors.to.batch * tensors.to.tokens * tensors.to.width, row_threads),
                    .threads = row_threads},
                   tensors);
}

}  // namespace loops

/// Copies the rows of all tokens.
template <typename T>
void copy_rows(token_view<const T> from, token_view<T> to, cuda_workspace& workspace) {
  loops::launch_write_rows<T>("copy_rows", {from, to, nullptr}, workspace);
}
/// Sets the row of every token to `row`, or to zero where that is null.
template <typename T>
void fill_rows(token_view<T> to, const T* row, cuda_workspace& workspace) {
  loops::launch_write_rows<T>("fill_rows", {{}, to, row}, workspace);
}

/// The same tokens as a contiguous copy in scratch.
template <typename T>
token_view<T> contiguous_rows(const token_view<const T>& view, cuda_workspace::frame& frame) {
  return batch_token_view(frame.template take<T>(view.batch * view.tokens * view.width), view.batch, view.tokens,
                          view.width);
}

}  // namespace headwise::cuda
