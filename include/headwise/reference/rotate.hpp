// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/operations/head_checks.hpp"

namespace headwise::reference {

namespace loops {

template <typename Positions, typename In, typename T, int Heads, int Dim>
void turn(head_view<In, Heads, Dim> x, std::span<const std::int64_t> first_positions, head_view<T, Heads, Dim> y,
          double direction) {
  headwise::detail::check_rotate(x, first_positions, y);
  using real = sum_type<T>;
  for (std::int64_t b = 0; b < x.batch; ++b) {
    const std::int64_t start = headwise::detail::length_of(first_positions, b, 0);
    for (std::int64_t n = 0; n < x.tokens; ++n)
      for (int pair = 0; pair < Dim / 2; ++pair) {
        const double angle = direction * double(start + n) * Positions::frequency(pair, Dim);
        const real cosine = real(std::cos(angle));
        const real sine = real(std::sin(angle));
        const int i = Positions::first_feature(pair, Dim);
        const int j = Positions::second_feature(pair, Dim);
        for (int h = 0; h < Heads; ++h) {
          const real first = x.row(b, n, h)[i];
          const real second = x.row(b, n, h)[j];
          y.row(b, n, h)[i] = T(first * cosine - second * sine);
          y.row(b, n, h)[j] = T(first * sine + second * cosine);
        }
      }
  }
}

}  // namespace loops

/// Rotary positions: turns every feature pair of x [batch][tokens][Heads][Dim] by position * frequency. Token n of
/// sequence b stands at position first_positions[b] + n (at n where none are given). y may be x. Slow and exact.
template <typename Positions, typename In, typename T, int Heads, int Dim>
void rotate(head_view<In, Heads, Dim> x, std::span<const std::int64_t> first_positions, head_view<T, Heads, Dim> y) {
  loops::turn<Positions>(x, first_positions, y, 1.0);
}

/// The backward of `rotate`: the same turn the other way. x_gradient may be y_gradient.
template <typename Positions, typename In, typename T, int Heads, int Dim>
void rotate_backward(head_view<In, Heads, Dim> y_gradient, std::span<const std::int64_t> first_positions,
                     head_view<T, Heads, Dim> x_gradient) {
  loops::turn<Positions>(y_gradient, first_positions, x_gradient, -1.0);
}

}  // namespace headwise::reference
