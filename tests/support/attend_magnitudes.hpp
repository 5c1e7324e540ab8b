// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "headwise/reference/attend.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"
#include "support/component_tensors.hpp"

namespace headwise::test {

/// How large the terms are that each result is a sum of. A sum may cancel, its rounding does not: this is what rounding
/// errors are measured against. A weight exp(s - lse) carries the rounding of s, so all that is made of weights counts
/// once more for the size of the scores' own terms.
struct attend_magnitudes {
  double out = 0;
  double lse = 0;
  double q_gradient = 0;
  double k_gradient = 0;
  double v_gradient = 0;
};

/// The absolute values of keys and values, or what stands for them where they are sums themselves.
template <typename Variant>
struct operand_sizes {
  head_tensor<double, Variant::composite_heads, Variant::head_dim> key;
  head_tensor<double, Variant::composite_heads, Variant::value_dim> value;

  template <typename Scalar>
  explicit operand_sizes(const attend_tensors<Variant, Scalar>& t)
      : key(converted<double>(t.k)), value(converted<double>(t.v)) {
    const auto absolute = [](double& x) { x = std::fabs(x); };
    key.for_each(absolute);
    value.for_each(absolute);
  }
};

/// The magnitudes of a call whose results are there.
template <typename Variant, typename Scalar>
attend_magnitudes magnitudes_of(attend_tensors<Variant, Scalar>& t, const operand_sizes<Variant>& sizes) {
  constexpr int D = Variant::head_dim;
  constexpr int Dv = Variant::value_dim;
  const auto arguments = t.forward_arguments();
  head_tensor<double, Variant::composite_heads, D> k_gradient(t.sizes.batch, t.sizes.keys);
  head_tensor<double, Variant::composite_heads, Dv> v_gradient(t.sizes.batch, t.sizes.keys);
  attend_magnitudes m;
  double largest_score = 0;
  for (std::int64_t b = 0; b < t.sizes.batch; ++b)
    for (int h = 0; h < Variant::query_heads; ++h)
      for (std::int64_t i = 0; i < detail::length_of(t.sizes.query_lengths, b, t.sizes.queries); ++i) {
        const int g = Variant::composite_head(h);
        const Scalar* q = arguments.q.row(b, i, h);
        const Scalar* dout = t.out_gradient.view().row(b, i, h);
        const auto lse = static_cast<double>(t.lse.view().row(b, h)[i]);
        const auto for_each_key = [&](const auto& visit) {
          reference::loops::for_each_visible<double>(
              arguments, b, h, i, detail::length_of(t.sizes.query_lengths, b, t.sizes.queries),
              detail::length_of(t.sizes.key_lengths, b, t.sizes.keys),
              [&](const auto& s, double derivative) { visit(s.key, std::exp(s.score - lse), std::fabs(derivative)); });
        };
        const auto product = [&](const Scalar* a, const double* b_sizes, int count) {
          double sum = 0;
          for (int d = 0; d < count; ++d) sum += static_cast<double>(std::fabs(a[d])) * b_sizes[d];
          return sum;
        };
        std::vector<double> out(Dv);
        double mean = std::fabs(static_cast<double>(t.lse_gradient.view().row(b, h)[i]));
        for_each_key([&](std::int64_t key, double weight, double) {
          const double* value = sizes.value.view().row(b, key, g);
          largest_score = std::max(largest_score, Variant::scale * product(q, sizes.key.view().row(b, key, g), D));
          mean += weight * product(dout, value, Dv);
          for (int d = 0; d < Dv; ++d) out[static_cast<std::size_t>(d)] += weight * value[d];
        });
        std::vector<double> q_gradient(D);
        for_each_key([&](std::int64_t key, double weight, double derivative) {
          const double* k = sizes.key.view().row(b, key, g);
          const double score_gradient =
              Variant::scale * derivative * weight * (product(dout, sizes.value.view().row(b, key, g), Dv) + mean);
          for (int d = 0; d < D; ++d) {
            q_gradient[static_cast<std::size_t>(d)] += score_gradient * k[d];
            k_gradient.at(b, key, g, d) += score_gradient * std::fabs(static_cast<double>(q[d]));
          }
          for (int d = 0; d < Dv; ++d) v_gradient.at(b, key, g, d) += weight * std::fabs(static_cast<double>(dout[d]));
        });
        m.out = std::max(m.out, largest_magnitude(out));
        m.q_gradient = std::max(m.q_gradient, largest_magnitude(q_gradient));
      }
  const double size_of_scores = 1 + largest_score;
  m.lse = largest_magnitude(t.lse.values) + size_of_scores;
  m.out *= size_of_scores;
  m.q_gradient *= size_of_scores;
  m.k_gradient = size_of_scores * largest_magnitude(k_gradient.storage());
  m.v_gradient = size_of_scores * largest_magnitude(v_gradient.storage());
  return m;
}

template <typename Variant, typename Scalar>
attend_magnitudes magnitudes_of(attend_tensors<Variant, Scalar>& t) {
  return magnitudes_of(t, operand_sizes<Variant>(t));
}

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
  return magnitudes_of(composites, sizes);
}

}  // namespace headwise::test
