// SPDX-License-Identifier: Apache-2.0
// Copies of rows of tokens. A thread has a piece of 16 bytes at a time.
#pragma once

#include <cstdint>
#include <type_traits>

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

/// Rows that are copied, or all set to the same one, or to zero where both are null.
template <typename T>
struct row_tensors {
  token_view<const T> from;
  token_view<T> to;
  const T* same;
};

/// Threads of a block that writes rows.
inline constexpr int row_threads = 128;

/// A block for the row of every token, a thread for some of its pieces of 16 bytes, or of its numbers where they cannot
/// be moved so.
template <bool Whole, typename T>
HEADWISE_KERNEL(row_threads, 1)
write_token_rows(HEADWISE_KERNEL_PARAMETER row_tensors<T> tensors) {
  using piece = std::conditional_t<Whole, four_words, T>;
  constexpr std::int64_t width = sizeof(piece) / sizeof(T);
  const std::int64_t b = block_index() / tensors.to.tokens;
  const std::int64_t n = block_index() - b * tensors.to.tokens;
  const T* const from = tensors.from.data != nullptr ? tensors.from.row(b, n) : tensors.same;
  T* const to = tensors.to.row(b, n);
  for (std::int64_t column = thread_index() * width; column < tensors.to.width; column += row_threads * width)
    store_global(reinterpret_cast<piece*>(to + column),
                 from == nullptr ? piece{} : load_global(reinterpret_cast<const piece*>(from + column)));
}

namespace loops {

/// Numbers in 16 bytes.
template <typename T>
inline constexpr int numbers_of_piece = 16 / static_cast<int>(sizeof(T));

/// Whether all rows consist of pieces of 16 bytes, and start where these may; of no rows that holds, too.
template <typename T>
bool have_whole_pieces(const token_view<T>& view) {
  return view.width % numbers_of_piece<T> == 0 && chunk_aligned<numbers_of_piece<T>>(view);
}

template <typename T>
void launch_write_rows(const char* name, const row_tensors<T>& tensors, cuda_workspace& workspace) {
  const bool whole = have_whole_pieces(tensors.from) && have_whole_pieces(tensors.to) &&
                     chunk_aligned<numbers_of_piece<T>>(tensors.same);
  workspace.launch(name, whole ? write_token_rows<true, T> : write_token_rows<false, T>,
                   {.blocks = tensors.to.width == 0 ? 0 : tensors.to.batch * tensors.to.tokens, .threads = row_threads},
                   tensors);
}

}  // namespace loops

/// Copies the rows of all tokens.
template <typename T>
void copy_token_rows(token_view<const T> from, token_view<T> to, cuda_workspace& workspace) {
  loops::launch_write_rows<T>("copy_token_rows", {from, to, nullptr}, workspace);
}
/// Sets the row of every token to `row`, or to zero where that is null.
template <typename T>
void fill_token_rows(token_view<T> to, const T* row, cuda_workspace& workspace) {
  loops::launch_write_rows<T>("fill_token_rows", {{}, to, row}, workspace);
}

/// Scratch for a contiguous copy of the same tokens.
template <typename T>
token_view<T> take_contiguous_rows(const token_view<const T>& view, cuda_workspace::frame& frame) {
  return batch_token_view(frame.template take<T>(view.batch * view.tokens * view.width), view.batch, view.tokens,
                          view.width);
}

}  // namespace headwise::cuda
