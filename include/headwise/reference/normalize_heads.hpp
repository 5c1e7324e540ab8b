// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/operations/head_checks.hpp"
#include "headwise/policies/head_norm.hpp"

namespace headwise::reference {

namespace loops {

template <norm_settings Settings, int Dim, typename T>
sum_type<T> gain_of(std::span<const T> gain, int head, int d) {
  if constexpr (Settings.gain == norm_gain::none) return sum_type<T>(1);
  if constexpr (Settings.gain == norm_gain::shared) return gain[static_cast<std::size_t>(d)];
  if constexpr (Settings.gain == norm_gain::per_head) return gain[static_cast<std::size_t>(head * Dim + d)];
}

template <norm_settings Settings, typename T, int Heads, int Dim>
sum_type<std::remove_const_t<T>> inverse_rms_of_group(head_view<T, Heads, Dim> x, std::int64_t b, std::int64_t n,
                                                      int first_head) {
  constexpr int heads = Settings.heads_per_group(Heads);
  sum_type<std::remove_const_t<T>> squares = 0;
  for (int h = first_head; h < first_head + heads; ++h)
    for (int d = 0; d < Dim; ++d) squares += x.row(b, n, h)[d] * x.row(b, n, h)[d];
  return inverse_root_mean_square(squares, heads * Dim, Settings.epsilon);
}

}  // namespace loops

/// Head-level GroupNorm (MEA, eq. 12): y = factor * gain * x / sqrt(mean(x^2) + epsilon), the mean over the features of
/// a group of heads of one token. `gain` is [Dim], [Heads][Dim] or empty, as `Settings` says. Slow and exact.
template <norm_settings Settings, typename In, typename T, int Heads, int Dim>
void normalize_heads(head_view<In, Heads, Dim> x, std::type_identity_t<std::span<const T>> gain,
                     head_view<T, Heads, Dim> y) {
  headwise::detail::check_normalize_heads<Settings>(x, gain, y);
  constexpr int heads = Settings.heads_per_group(Heads);
  for (std::int64_t b = 0; b < x.batch; ++b)
    for (std::int64_t n = 0; n < x.tokens; ++n)
      for (int first = 0; first < Heads; first += heads) {
        const auto r = sum_type<T>(Settings.factor) * loops::inverse_rms_of_group<Settings>(x, b, n, first);
        for (int h = first; h < first + heads; ++h)
          for (int d = 0; d < Dim; ++d)
            y.row(b, n, h)[d] = T(r * loops::gain_of<Settings, Dim>(gain, h, d) * x.row(b, n, h)[d]);
      }
}

/// The backward of `normalize_heads`. With r = 1 / rms, n = r x and u = factor * gain * dy,
/// x_gradient = r (u - n mean(u n)) is overwritten; factor * dy * n is added to gain_gradient.
template <norm_settings Settings, typename In, typename InGradient, typename T, int Heads, int Dim>
void normalize_heads_backward(head_view<In, Heads, Dim> x, std::type_identity_t<std::span<const T>> gain,
                              head_view<InGradient, Heads, Dim> y_gradient, head_view<T, Heads, Dim> x_gradient,
                              std::type_identity_t<std::span<T>> gain_gradient) {
  headwise::detail::check_normalize_heads_backward<Settings>(x, gain, y_gradient, x_gradient, gain_gradient);
  using real = sum_type<T>;
  constexpr int heads = Settings.heads_per_group(Heads);
  std::array<real, static_cast<std::size_t>(Settings.gains(Heads, Dim))> gain_sums{};
  for (std::size_t i = 0; i < gain_sums.size(); ++i) gain_sums[i] = gain_gradient[i];
  for (std::int64_t b = 0; b < x.batch; ++b)
    for (std::int64_t n = 0; n < x.tokens; ++n)
      for (int first = 0; first < Heads; first += heads) {
        const real r = loops::inverse_rms_of_group<Settings>(x, b, n, first);
        // The normalised head is a number whatever the size of x; r^3 need not be one.
        const auto normalized = [&](int h, int d) { return r * x.row(b, n, h)[d]; };
        const auto upstream = [&](int h, int d) {
          return real(Settings.factor) * loops::gain_of<Settings, Dim>(gain, h, d) * y_gradient.row(b, n, h)[d];
        };
        real along = 0;
        for (int h = first; h < first + heads; ++h)
          for (int d = 0; d < Dim; ++d) along += upstream(h, d) * normalized(h, d);
        const real mean = along / real(heads * Dim);
        for (int h = first; h < first + heads; ++h)
          for (int d = 0; d < Dim; ++d) {
            x_gradient.row(b, n, h)[d] = T(r * (upstream(h, d) - mean * normalized(h, d)));
            if constexpr (Settings.gain != norm_gain::none) {
              const int index = Settings.gain == norm_gain::shared ? d : h * Dim + d;
              gain_sums[static_cast<std::size_t>(index)] +=
                  real(Settings.factor) * y_gradient.row(b, n, h)[d] * normalized(h, d);
            }
          }
      }
  for (std::size_t i = 0; i < gain_sums.size(); ++i) gain_gradient[i] = T(gain_sums[i]);
}

}  // namespace headwise::reference
