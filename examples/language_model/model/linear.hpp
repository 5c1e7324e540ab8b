// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <headwise/core/result_write.hpp>
#include <headwise/core/token_view.hpp>
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
    parameters_backward(x, y_gradient, scratch);
    forward_transposed(y_gradient, x_gradient, scratch);
  }

  /// y = x weight^T, the product that carries a gradient back.
  void forward_transposed(tokens_in x, tokens_out y, workspace& scratch) const {
    Backend::project_backward_input(x, values(), y, headwise::result_write::overwrite, scratch);
  }

  /// The backward of `forward_transposed`.
  void backward_transposed(tokens_in x, tokens_in y_gradient, tokens_out x_gradient, workspace& scratch) {
    parameters_backward(y_gradient, x, scratch);
    forward(y_gradient, x_gradient, scratch);
  }

 private:
  std::span<const Scalar> values() const { return weight.values; }
  void parameters_backward(tokens_in from, tokens_in gradient, workspace& scratch) {
    Backend::project_backward_parameters(from, gradient, std::span(weight.gradient), std::span<Scalar>{},
                                         headwise::result_write::add, scratch);
  }
};

}  // namespace language_model
