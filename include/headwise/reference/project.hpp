// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/operations/project_checks.hpp"

namespace headwise::reference {

/// y = x weight + bias for every token: x [batch][tokens][in], weight [in][out] row by row, bias [out] or empty, y
/// [batch][tokens][out]. Slow and exact.
template <typename In, typename T>
void project(token_view<In> x, std::type_identity_t<std::span<const T>> weight,
             std::type_identity_t<std::span<const T>> bias, token_view<T> y) {
  headwise::detail::check_project(x, weight, bias, y);
  for (std::int64_t b = 0; b < x.batch; ++b)
    for (std::int64_t n = 0; n < x.tokens; ++n)
      for (std::int64_t o = 0; o < y.width; ++o) {
        sum_type<T> sum = bias.empty() ? T(0) : bias[static_cast<std::size_t>(o)];
        for (std::int64_t i = 0; i < x.width; ++i)
          sum += x.row(b, n)[i] * weight[static_cast<std::size_t>(i * y.width + o)];
        y.row(b, n)[o] = T(sum);
      }
}

/// The gradient of `project` for its input: x_gradient = y_gradient weight^T, overwriting or adding.
template <typename In, typename T>
void project_backward_input(token_view<In> y_gradient, std::type_identity_t<std::span<const T>> weight,
                            token_view<T> x_gradient, result_write write) {
  headwise::detail::check_project_backward_input(y_gradient, weight, x_gradient);
  for (std::int64_t b = 0; b < y_gradient.batch; ++b)
    for (std::int64_t n = 0; n < y_gradient.tokens; ++n)
      for (std::int64_t i = 0; i < x_gradient.width; ++i) {
        sum_type<T> sum = write == result_write::add ? x_gradient.row(b, n)[i] : T(0);
        for (std::int64_t o = 0; o < y_gradient.width; ++o)
          sum += y_gradient.row(b, n)[o] * weight[static_cast<std::size_t>(i * y_gradient.width + o)];
        x_gradient.row(b, n)[i] = T(sum);
      }
}

/// The gradients of `project` for its parameters, overwriting or adding: x^T y_gradient for the weight and the sum of
/// y_gradient for the bias (where there is one).
template <typename In, typename InGradient, typename T>
void project_backward_parameters(token_view<In> x, token_view<InGradient> y_gradient, std::span<T> weight_gradient,
                                 std::type_identity_t<std::span<T>> bias_gradient, result_write write) {
  headwise::detail::check_project_backward_parameters(x, y_gradient, weight_gradient, bias_gradient);
  const auto sum_over_tokens = [&](T& gradient, const auto& term) {
    sum_type<T> sum = write == result_write::add ? gradient : T(0);
    for (std::int64_t b = 0; b < x.batch; ++b)
      for (std::int64_t n = 0; n < x.tokens; ++n) sum += term(b, n);
    gradient = T(sum);
  };
  for (std::int64_t o = 0; o < y_gradient.width; ++o) {
    for (std::int64_t i = 0; i < x.width; ++i)
      sum_over_tokens(weight_gradient[static_cast<std::size_t>(i * y_gradient.width + o)],
                      [&](std::int64_t b, std::int64_t n) { return x.row(b, n)[i] * y_gradient.row(b, n)[o]; });
    if (!bias_gradient.empty())
      sum_over_tokens(bias_gradient[static_cast<std::size_t>(o)],
                      [&](std::int64_t b, std::int64_t n) { return y_gradient.row(b, n)[o]; });
  }
}

}  // namespace headwise::reference
