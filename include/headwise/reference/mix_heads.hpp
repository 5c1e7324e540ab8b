// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/operations/head_checks.hpp"

namespace headwise::reference {

/// Head-level linear composition (MEA, eq. 10-11): composites[b][n][g] = sum_c weight[c][g] components[b][n][c], with
/// `weight` [C][G] row by row. Slow and exact.
template <typename In, typename T, int Components, int Composites, int Dim>
void mix_heads(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
               head_view<T, Composites, Dim> composites) {
  headwise::detail::check_mix_heads(components, weight, composites);
  for (std::int64_t b = 0; b < components.batch; ++b)
    for (std::int64_t n = 0; n < components.tokens; ++n)
      for (int g = 0; g < Composites; ++g)
        for (int d = 0; d < Dim; ++d) {
          sum_type<T> sum = 0;
          for (int c = 0; c < Components; ++c)
            sum += weight[static_cast<std::size_t>(c * Composites + g)] * components.row(b, n, c)[d];
          composites.row(b, n, g)[d] = T(sum);
        }
}

/// The backward of `mix_heads`: component_gradient[b][n][c] = sum_g weight[c][g] composite_gradient[b][n][g],
/// overwriting or adding; sum_{b,n} <components[b][n][c], composite_gradient[b][n][g]> is added to
/// weight_gradient[c][g].
template <typename In, typename InGradient, typename T, int Components, int Composites, int Dim>
void mix_heads_backward(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
                        head_view<InGradient, Composites, Dim> composite_gradient,
                        head_view<T, Components, Dim> component_gradient, result_write write,
                        std::type_identity_t<std::span<T>> weight_gradient) {
  headwise::detail::check_mix_heads_backward(components, weight, composite_gradient, component_gradient,
                                             weight_gradient);
  for (std::int64_t b = 0; b < components.batch; ++b)
    for (std::int64_t n = 0; n < components.tokens; ++n)
      for (int c = 0; c < Components; ++c)
        for (int d = 0; d < Dim; ++d) {
          T& gradient = component_gradient.row(b, n, c)[d];
          sum_type<T> sum = write == result_write::add ? gradient : T(0);
          for (int g = 0; g < Composites; ++g)
            sum += weight[static_cast<std::size_t>(c * Composites + g)] * composite_gradient.row(b, n, g)[d];
          gradient = T(sum);
        }
  for (int c = 0; c < Components; ++c)
    for (int g = 0; g < Composites; ++g) {
      sum_type<T> sum = 0;
      for (std::int64_t b = 0; b < components.batch; ++b)
        for (std::int64_t n = 0; n < components.tokens; ++n)
          for (int d = 0; d < Dim; ++d) sum += components.row(b, n, c)[d] * composite_gradient.row(b, n, g)[d];
      T& gradient = weight_gradient[static_cast<std::size_t>(c * Composites + g)];
      gradient = T(gradient + sum);
    }
}

}  // namespace headwise::reference
