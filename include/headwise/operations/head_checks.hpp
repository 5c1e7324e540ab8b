// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "headwise/core/head_view.hpp"
#include "headwise/operations/checks.hpp"
#include "headwise/policies/head_norm.hpp"

namespace headwise::detail {

// Checks of the operations that work token by token.

template <typename In, typename T, int Components, int Composites, int Dim>
void check_mix_heads(const head_view<In, Components, Dim>& components, std::span<const T> weight,
                     const head_view<T, Composites, Dim>& composites) {
  check_view(components, "components", components.batch, components.tokens);
  check_output(composites, "composites", components.batch, components.tokens);
  check_size(weight, "weight", Components * Composites);
  check_disjoint(composites, "composites", components, "components");
}

template <typename In, typename InGradient, typename T, int Components, int Composites, int Dim>
void check_mix_heads_backward(const head_view<In, Components, Dim>& components, std::span<const T> weight,
                              const head_view<InGradient, Composites, Dim>& composite_gradient,
                              const head_view<T, Components, Dim>& component_gradient, std::span<T> weight_gradient) {
  check_view(components, "components", components.batch, components.tokens);
  check_view(composite_gradient, "composite_gradient", components.batch, components.tokens);
  check_output(component_gradient, "component_gradient", components.batch, components.tokens);
  check_size(weight, "weight", Components * Composites);
  check_size(weight_gradient, "weight_gradient", Components * Composites);
  check_disjoint(component_gradient, "component_gradient", components, "components");
  check_disjoint(component_gradient, "component_gradient", composite_gradient, "composite_gradient");
}

template <norm_settings Settings, typename In, typename T, int Heads, int Dim>
void check_normalize_heads(const head_view<In, Heads, Dim>& x, std::span<const T> gain,
                           const head_view<T, Heads, Dim>& y) {
  check_view(x, "x", x.batch, x.tokens);
  check_output(y, "y", x.batch, x.tokens);
  check_size(gain, "gain", Settings.gains(Heads, Dim));
  check_disjoint(y, "y", x, "x");
}

template <norm_settings Settings, typename In, typename InGradient, typename T, int Heads, int Dim>
void check_normalize_heads_backward(const head_view<In, Heads, Dim>& x, std::span<const T> gain,
                                    const head_view<InGradient, Heads, Dim>& y_gradient,
                                    const head_view<T, Heads, Dim>& x_gradient, std::span<T> gain_gradient) {
  check_view(x, "x", x.batch, x.tokens);
  check_view(y_gradient, "y_gradient", x.batch, x.tokens);
  check_output(x_gradient, "x_gradient", x.batch, x.tokens);
  check_size(gain, "gain", Settings.gains(Heads, Dim));
  check_size(gain_gradient, "gain_gradient", Settings.gains(Heads, Dim));
  check_disjoint(x_gradient, "x_gradient", x, "x");
  check_disjoint(x_gradient, "x_gradient", y_gradient, "y_gradient");
}

/// Turning works in place, so an output may be its own input, but not half of it.
template <typename In, typename T, int Heads, int Dim>
void check_rotate(const head_view<In, Heads, Dim>& x, std::span<const std::int64_t> first_positions,
                  const head_view<T, Heads, Dim>& y) {
  static_assert(Dim % 2 == 0, "headwise: rotary turns pairs of features, give an even head_dim");
  check_view(x, "x", x.batch, x.tokens);
  check_output(y, "y", x.batch, x.tokens);
  if (!first_positions.empty()) check_size(first_positions, "first_positions", x.batch);
  const bool in_place = x.data == y.data && x.batch_stride == y.batch_stride && x.token_stride == y.token_stride &&
                        x.head_stride == y.head_stride;
  if (!in_place) check_disjoint(y, "y", x, "x");
}

template <typename In, typename T, int Heads, int Dim>
void check_append_heads(const head_view<In, Heads, Dim>& x, std::span<const std::int64_t> counts,
                        std::span<const std::int64_t> lengths, const head_view<T, Heads, Dim>& slots) {
  check_view(x, "x", x.batch, x.tokens);
  check_output(slots, "slots", x.batch, slots.tokens);
  check_lengths(counts, "counts", x.batch, x.tokens);
  check_size(lengths, "lengths", x.batch);
  check_lengths(lengths, "lengths", x.batch, slots.tokens);
  check_disjoint(slots, "slots", x, "x");
  for (std::int64_t b = 0; b < x.batch; ++b) {
    const std::int64_t end = length_of(lengths, b, 0) + length_of(counts, b, x.tokens);
    require(end <= slots.tokens, "slots", words("of ", slots.tokens, " tokens"), words("room for ", end, " tokens"));
  }
}

}  // namespace headwise::detail
