// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/dot_product.hpp"
#include "headwise/cpu/token_chunks.hpp"
#include "headwise/operations/head_checks.hpp"
#include "headwise/policies/head_norm.hpp"

namespace headwise::cpu {
namespace tiles {

template <typename T, int Dim>
using features = Eigen::Map<const Eigen::Array<T, Dim, 1>>;
template <typename T, int Dim>
using mutable_features = Eigen::Map<Eigen::Array<T, Dim, 1>>;

/// Where the gains of one head begin.
template <norm_settings Settings, int Dim>
constexpr int gain_offset(int head) {
  return Settings.gain == norm_gain::per_head ? head * Dim : 0;
}

}  // namespace tiles

/// Head-level GroupNorm (MEA, eq. 12): y = factor * gain * x / sqrt(mean(x^2) + epsilon), the mean over the features of
/// a group of heads of one token. `gain` is [Dim], [Heads][Dim] or empty, as `Settings` says.
template <norm_settings Settings, typename In, typename T, int Heads, int Dim>
void normalize_heads(head_view<In, Heads, Dim> x, std::type_identity_t<std::span<const T>> gain,
                     head_view<T, Heads, Dim> y, host_workspace& /*workspace*/) {
  headwise::detail::check_normalize_heads<Settings>(x, gain, y);
  using in = tiles::features<T, Dim>;
  using out = tiles::mutable_features<T, Dim>;
  constexpr int heads = Settings.heads_per_group(Heads);
  token_chunks{x.batch, x.tokens}.for_each(
      [&](std::int64_t b, std::int64_t first_token, std::int64_t end, std::int64_t /*index*/) {
        for (std::int64_t n = first_token; n < end; ++n)
          for (int first = 0; first < Heads; first += heads) {
            T squares = 0;
            for (int h = first; h < first + heads; ++h) squares += dot<T>(x.row(b, n, h), x.row(b, n, h), Dim);
            const T r = T(Settings.factor) * inverse_root_mean_square(squares, heads * Dim, Settings.epsilon);
            for (int h = first; h < first + heads; ++h) {
              if constexpr (Settings.gain == norm_gain::none) {
                out(y.row(b, n, h)) = r * in(x.row(b, n, h));
              } else {
                out(y.row(b, n, h)) = r * in(gain.data() + tiles::gain_offset<Settings, Dim>(h)) * in(x.row(b, n, h));
              }
            }
          }
      });
}

/// The backward of `normalize_heads`. With r = 1 / rms, n = r x and u = factor * gain * dy,
/// x_gradient = r (u - n mean(u n)) is overwritten; factor * dy * n is added to gain_gradient.
template <norm_settings Settings, typename In, typename InGradient, typename T, int Heads, int Dim>
void normalize_heads_backward(head_view<In, Heads, Dim> x, std::type_identity_t<std::span<const T>> gain,
                              head_view<InGradient, Heads, Dim> y_gradient, head_view<T, Heads, Dim> x_gradient,
                              std::type_identity_t<std::span<T>> gain_gradient, host_workspace& workspace) {
  headwise::detail::check_normalize_heads_backward<Settings>(x, gain, y_gradient, x_gradient, gain_gradient);
  using in = tiles::features<T, Dim>;
  using out = tiles::mutable_features<T, Dim>;
  constexpr int heads = Settings.heads_per_group(Heads);
  token_chunks{x.batch, x.tokens}.sum_over(
      Settings.gains(Heads, Dim), gain_gradient.data(), workspace,
      [&](std::int64_t b, std::int64_t first_token, std::int64_t end, T* sums) {
        const auto upstream = [&](std::int64_t n, int h) -> Eigen::Array<T, Dim, 1> {
          if constexpr (Settings.gain == norm_gain::none) {
            return T(Settings.factor) * in(y_gradient.row(b, n, h));
          } else {
            return T(Settings.factor) * in(gain.data() + tiles::gain_offset<Settings, Dim>(h)) *
                   in(y_gradient.row(b, n, h));
          }
        };
        for (std::int64_t n = first_token; n < end; ++n)
          for (int first = 0; first < Heads; first += heads) {
            T squares = 0;
            for (int h = first; h < first + heads; ++h) squares += dot<T>(x.row(b, n, h), x.row(b, n, h), Dim);
            const T r = inverse_root_mean_square(squares, heads * Dim, Settings.epsilon);
            T along = 0;
            for (int h = first; h < first + heads; ++h) {
              const Eigen::Array<T, Dim, 1> gradient = upstream(n, h);
              along += r * dot<T>(gradient.data(), x.row(b, n, h), Dim);
            }
            const T mean = along / T(heads * Dim);
            for (int h = first; h < first + heads; ++h) {
              const Eigen::Array<T, Dim, 1> normalized = r * in(x.row(b, n, h));
              out(x_gradient.row(b, n, h)) = r * (upstream(n, h) - mean * normalized);
              if constexpr (Settings.gain != norm_gain::none)
                out(sums + tiles::gain_offset<Settings, Dim>(h)) +=
                    T(Settings.factor) * in(y_gradient.row(b, n, h)) * normalized;
            }
          }
      });
}

}  // namespace headwise::cpu
