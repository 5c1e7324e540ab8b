// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/error.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::detail {

template <typename T>
void check_token_view(const token_view<T>& view, const char* name, std::int64_t batch, std::int64_t tokens,
                      std::int64_t width) {
  require(view.batch == batch, name, words("of batch ", view.batch), words("batch ", batch));
  require(view.tokens == tokens, name, words("of ", view.tokens, " tokens"), words(tokens, " tokens"));
  require(view.width == width, name, words("of width ", view.width), words("width ", width));
  require(view.data != nullptr || batch == 0 || tokens == 0 || width == 0, name, "null", "a pointer to its elements");
}

template <typename T>
void check_token_output(const token_view<T>& view, const char* name, std::int64_t batch, std::int64_t tokens,
                        std::int64_t width) {
  check_token_view(view, name, batch, tokens, width);
  check_own_elements(view, name);
}

template <typename A, typename B>
void check_same_numbers() {
  static_assert(std::is_same_v<std::remove_const_t<A>, std::remove_const_t<B>>,
                "headwise: inputs and outputs must hold the same number type, convert one of them");
}

template <typename In, typename T>
void check_project(const token_view<In>& x, std::span<const T> weight, std::span<const T> bias,
                   const token_view<T>& y) {
  check_token_view(x, "x", x.batch, x.tokens, x.width);
  check_token_output(y, "y", x.batch, x.tokens, y.width);
  check_size(weight, "weight", x.width * y.width);
  if (!bias.empty()) check_size(bias, "bias", y.width);
  check_disjoint(y, "y", x, "x");
}

template <typename In, typename T>
void check_project_backward_input(const token_view<In>& y_gradient, std::span<const T> weight,
                                  const token_view<T>& x_gradient) {
  check_token_view(y_gradient, "y_gradient", y_gradient.batch, y_gradient.tokens, y_gradient.width);
  check_token_output(x_gradient, "x_gradient", y_gradient.batch, y_gradient.tokens, x_gradient.width);
  check_size(weight, "weight", x_gradient.width * y_gradient.width);
  check_disjoint(x_gradient, "x_gradient", y_gradient, "y_gradient");
}

template <typename In, typename InGradient, typename T>
void check_project_backward_parameters(const token_view<In>& x, const token_view<InGradient>& y_gradient,
                                       std::span<T> weight_gradient, std::span<T> bias_gradient) {
  check_same_numbers<In, T>();
  check_same_numbers<InGradient, T>();
  check_token_view(x, "x", x.batch, x.tokens, x.width);
  check_token_view(y_gradient, "y_gradient", x.batch, x.tokens, y_gradient.width);
  check_size(weight_gradient, "weight_gradient", x.width * y_gradient.width);
  if (!bias_gradient.empty()) check_size(bias_gradient, "bias_gradient", y_gradient.width);
}

}  // namespace headwise::detail
