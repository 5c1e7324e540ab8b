// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/dot_product.hpp"
#include "headwise/cpu/summed_heads.hpp"
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
                     head_view<T, Heads, Dim> y, host_workspace& workspace) {
  headwise::detail::check_normalize_heads<Settings>(x, gain, y);
  using real = sum_type<T>;
  using in = tiles::features<real, Dim>;
  using out = tiles::mutable_features<real, Dim>;
  constexpr int heads = Settings.heads_per_group(Heads);
  host_workspace::frame frame(workspace);
  const real* gains = summed_numbers(gain, frame);
  const summed_heads from(x, frame);
  const summed_heads to(y, frame);
  token_chunks{x.batch, x.tokens}.for_each([&](std::int64_t b, std::int64_t first_token, std::int64_t end, int thread) {
    for (std::int64_t n = first_token; n < end; ++n) {
      const auto values = from.read(b, n, thread);
      const auto results = to.write(b, n, thread);
      for (int first = 0; first < Heads; first += heads) {
        real squares = 0;
        for (int h = first; h < first + heads; ++h)
          squares += dot(values.from_row(h).data, values.from_row(h).data, Dim);
        const real r = real(Settings.factor) * inverse_root_mean_square(squares, heads * Dim, Settings.epsilon);
        for (int h = first; h < first + heads; ++h) {
          if constexpr (Settings.gain == norm_gain::none) {
            out(results.from_row(h).data) = r * in(values.from_row(h).data);
          } else {
            out(results.from_row(h).data) =
                r * in(gains + tiles::gain_offset<Settings, Dim>(h)) * in(values.from_row(h).data);
          }
        }
      }
      to.store(b, n, thread);
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
  using real = sum_type<T>;
  using in = tiles::features<real, Dim>;
  using out = tiles::mutable_features<real, Dim>;
  constexpr int heads = Settings.heads_per_group(Heads);
  host_workspace::frame frame(workspace);
  const real* gains = summed_numbers(gain, frame);
  const summed_heads values_of(x, frame);
  const summed_heads gradients_of(y_gradient, frame);
  const summed_heads results_of(x_gradient, frame);
  token_chunks{x.batch, x.tokens}.sum_over(
      Settings.gains(Heads, Dim), gain_gradient.data(), workspace,
      [&](std::int64_t b, std::int64_t first_token, std::int64_t end, int thread, real* sums) {
        for (std::int64_t n = first_token; n < end; ++n) {
          const auto values = values_of.read(b, n, thread);
          const auto gradients = gradients_of.read(b, n, thread);
          const auto results = results_of.write(b, n, thread);
          const auto upstream = [&](int h) -> Eigen::Array<real, Dim, 1> {
            if constexpr (Settings.gain == norm_gain::none) {
              return real(Settings.factor) * in(gradients.from_row(h).data);
            } else {
              return real(Settings.factor) * in(gains + tiles::gain_offset<Settings, Dim>(h)) *
                     in(gradients.from_row(h).data);
            }
          };
          for (int first = 0; first < Heads; first += heads) {
            real squares = 0;
            for (int h = first; h < first + heads; ++h)
              squares += dot(values.from_row(h).data, values.from_row(h).data, Dim);
            const real r = inverse_root_mean_square(squares, heads * Dim, Settings.epsilon);
            real along = 0;
            for (int h = first; h < first + heads; ++h) {
              const Eigen::Array<real, Dim, 1> gradient = upstream(h);
              along += r * dot<real>(gradient.data(), values.from_row(h).data, Dim);
            }
            const real mean = along / real(heads * Dim);
            for (int h = first; h < first + heads; ++h) {
              const Eigen::Array<real, Dim, 1> normalized = r * in(values.from_row(h).data);
              out(results.from_row(h).data) = r * (upstream(h) - mean * normalized);
              if constexpr (Settings.gain != norm_gain::none)
                out(sums + tiles::gain_offset<Settings, Dim>(h)) +=
                    real(Settings.factor) * in(gradients.from_row(h).data) * normalized;
            }
          }
          results_of.store(b, n, thread);
        }
      });
}

}  // namespace headwise::cpu
