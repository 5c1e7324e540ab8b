// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/reference/normalize_heads.hpp"
#include "support/attend_magnitudes.hpp"
#include "support/component_tensors.hpp"

namespace headwise::test {

namespace composition {

/// The terms of composite heads: sums of |weight| |component|, divided by the root mean square that the composite head
/// has where it is normalised.
template <typename Composition, typename Norm, typename Scalar, int C, int G, int Dim>
void sum_sizes(const head_tensor<Scalar, C, Dim>& components, const std::vector<Scalar>& weight,
               const std::vector<Scalar>& gain, head_tensor<double, G, Dim>& sizes) {
  const auto from = components.view();
  for (std::int64_t b = 0; b < sizes.batch(); ++b)
    for (std::int64_t n = 0; n < sizes.tokens(); ++n) {
      head_tensor<double, G, Dim> mixed(1, 1);
      for (int g = 0; g < G; ++g)
        for (int d = 0; d < Dim; ++d) {
          double& size = sizes.at(b, n, g, d);
          size = 0;
          for (int c = 0; c < C; ++c) {
            const double w =
                weight.empty() ? (c == g ? 1 : 0) : static_cast<double>(weight[static_cast<std::size_t>(c * G + g)]);
            const double term = w * static_cast<double>(from.row(b, n, c)[d]);
            mixed.at(0, 0, g, d) += term;
            size += std::fabs(term);
          }
        }
      if constexpr (Norm::normalizes) {
        constexpr int heads = Norm::settings.heads_per_group(G);
        const std::vector<double> gains = converted<double>(gain);
        for (int g = 0; g < G; ++g) {
          const double r = Norm::settings.factor * reference::loops::inverse_rms_of_group<Norm::settings>(
                                                       mixed.view(), 0, 0, g / heads * heads);
          for (int d = 0; d < Dim; ++d)
            sizes.at(b, n, g, d) *=
                std::fabs(r * reference::loops::gain_of<Norm::settings, Dim>(std::span<const double>(gains), g, d));
        }
      }
    }
}

/// How often composite heads are rounded where they are stored.
template <typename Composition>
constexpr int times_rounded = Composition::has_mixed_heads ? 2
                              : Composition::changes       ? 1
                                                           : 0;

}  // namespace composition

/// The magnitudes of a call on components, whose results are there.
template <typename Variant, typename Scalar>
attend_magnitudes magnitudes_of(component_tensors<Variant, Scalar>& t) {
  attend_tensors<Variant, Scalar> composites = composed(t);
  copy_values(t.out, composites.out);
  composites.lse = t.lse;
  operand_sizes<Variant> sizes(composites);
  using norm = typename Variant::composite_norm;
  composition::sum_sizes<key_composition<Variant>, norm>(t.k, t.key_weight, t.composite_key_gain, sizes.key);
  composition::sum_sizes<value_composition<Variant>, norm>(t.v, t.value_weight, t.composite_value_gain, sizes.value);
  sizes.key_roundings = composition::times_rounded<key_composition<Variant>>;
  sizes.value_roundings = composition::times_rounded<value_composition<Variant>>;
  return magnitudes_of(composites, sizes);
}

}  // namespace headwise::test
