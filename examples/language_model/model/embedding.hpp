// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <headwise/core/token_view.hpp>
#include <span>

#include "model/linear.hpp"

namespace language_model {

/// Every byte is a token.
inline constexpr int vocabulary = 256;

/// One matrix for both ends of the model: its rows are the vectors of bytes, and its transpose makes logits.
template <int Width, typename Scalar, typename Backend>
class embedding {
  using tokens_in = headwise::token_view<const Scalar>;
  using tokens_out = headwise::token_view<Scalar>;
  using workspace = typename Backend::workspace;

 public:
  linear<Scalar, Backend> table;

  embedding(double deviation, std::uint64_t seed) : table(vocabulary, Width, deviation, seed) {}

  void look_up(std::span<const std::uint8_t> bytes, Scalar* vectors) const {
    const Scalar* rows = table.weight.values.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) std::copy_n(rows + bytes[i] * Width, Width, vectors + i * Width);
  }

  /// Adds to the gradient of the table; serially, so that the vectors of equal bytes are added in one order.
  void look_up_backward(std::span<const std::uint8_t> bytes, const Scalar* vectors_gradient) {
    Scalar* rows = table.weight.gradient.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Scalar* sum = rows + bytes[i] * Width;
      for (std::size_t d = 0; d < Width; ++d) sum[d] += vectors_gradient[i * Width + d];
    }
  }

  void logits(tokens_in x, tokens_out y, workspace& scratch) const { table.forward_transposed(x, y, scratch); }

  /// Overwrites x_gradient, adds to the gradient of the table.
  void logits_backward(tokens_in x, tokens_in y_gradient, tokens_out x_gradient, workspace& scratch) {
    table.backward_transposed(x, y_gradient, x_gradient, scratch);
  }
};

}  // namespace language_model
