// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <headwise/core/token_view.hpp>
#include <headwise/operations/project_checks.hpp>
#include <span>

#include "model/parameter.hpp"
#include "model/random.hpp"

namespace language_model {

/// A matrix without bias, y = x weight, computed by the backend that runs attention.
template <typename Scalar, typename Backend>
class linear {
  using tokens_in = headwise::token_view<const Scalar>;
  using tokens_out = headwise::token_view<Scalar>;
  using workspace = typename Backend::workspace;

 public:
  parameter<Scalar> weight;  ///< [in][out]

  linear(std::int64_t in, std::int64_t out, double deviation, std::uint64_t seed) : weight({in, out}) {
    fill_normal(std::span(weight.values), deviation, seed);
  }

  void forward(tokens_in x, tokens_out y, workspace& scratch) const {
    Backend::project(x, values(), std::span<const Scalar>{}, y, scratch);
  }

  /// Overwrites x_gradient, adds to the gradient of the weight.
  void backward(tokens_in x, tokens_in y_gradient, tokens_out x_gradient, workspace& scratch) {
    Backend::project_backward_parameters(x, y_gradient, std::span(weight.gradient), std::span<Scalar>{}, scratch);
    forward_transposed(y_gradient, x_gradient, scratch);
  }

  /// y = x weight^T, the product that carries a gradient back.
  void forward_transposed(tokens_in x, tokens_out y, workspace& scratch) const {
    Backend::project_backward_input(x, values(), y, headwise::gradient_write::overwrite, scratch);
  }

  /// The backward of `forward_transposed`.
  void backward_transposed(tokens_in x, tokens_in y_gradient, tokens_out x_gradient, workspace& scratch) {
    Backend::project_backward_parameters(y_gradient, x, std::span(weight.gradient), std::span<Scalar>{}, scratch);
    forward(y_gradient, x_gradient, scratch);
  }

 private:
  std::span<const Scalar> values() const { return weight.values; }
};

}  // namespace language_model
