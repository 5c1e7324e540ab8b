// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/summed_heads.hpp"
#include "headwise/cpu/token_chunks.hpp"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cpu {
namespace tiles {

/// Cosines and sines of one token's pairs: [Dim / 2] each.
template <int Dim, typename T>
void fill_turns(double position, const double* frequencies, T* cosines, T* sines) {
  for (int pair = 0; pair < Dim / 2; ++pair) {
    cosines[pair] = T(std::cos(position * frequencies[pair]));
    sines[pair] = T(std::sin(position * frequencies[pair]));
  }
}

template <typename Positions, int Dim, typename T>
void turn_vector(const T* from, const T* cosines, const T* sines, T* to) {
  for (int pair = 0; pair < Dim / 2; ++pair) {
    const int i = Positions::first_feature(pair, Dim);
    const int j = Positions::second_feature(pair, Dim);
    const T first = from[i];
    const T second = from[j];
    to[i] = first * cosines[pair] - second * sines[pair];
    to[j] = first * sines[pair] + second * cosines[pair];
  }
}

template <typename Positions, typename In, typename T, int Heads, int Dim>
void turn(head_view<In, Heads, Dim> x, std::span<const std::int64_t> first_positions, head_view<T, Heads, Dim> y,
          double direction, host_workspace& workspace) {
  headwise::detail::check_rotate(x, first_positions, y);
  using real = sum_type<T>;
  constexpr std::int64_t pairs = Dim / 2;
  host_workspace::frame frame(workspace);
  auto* frequencies = frame.take<double>(pairs);
  for (int pair = 0; pair < pairs; ++pair) frequencies[pair] = direction * Positions::frequency(pair, Dim);

  // Sequences that start at the same position share their angles.
  const bool shared = first_positions.empty() || x.batch == 1;
  const std::int64_t tables = shared ? (x.batch > 0 ? 1 : 0) : x.batch;
  real* turns = frame.take<real>(tables * x.tokens * Dim);
  token_chunks{tables, x.tokens}.for_each([&](std::int64_t b, std::int64_t first, std::int64_t end, int /*thread*/) {
    const std::int64_t start = headwise::detail::length_of(first_positions, b, 0);
    for (std::int64_t n = first; n < end; ++n) {
      real* row = turns + (b * x.tokens + n) * Dim;
      fill_turns<Dim>(static_cast<double>(start + n), frequencies, row, row + pairs);
    }
  });
  const summed_heads in(x, frame);
  const summed_heads out(y, frame);
  token_chunks{x.batch, x.tokens}.for_each([&](std::int64_t b, std::int64_t first, std::int64_t end, int thread) {
    for (std::int64_t n = first; n < end; ++n) {
      const real* row = turns + ((shared ? 0 : b) * x.tokens + n) * Dim;
      const auto from = in.read(b, n, thread);
      const auto to = out.write(b, n, thread);
      for (int h = 0; h < Heads; ++h)
        turn_vector<Positions, Dim>(from.from_row(h).data, row, row + pairs, to.from_row(h).data);
      out.store(b, n, thread);
    }
  });
}

}  // namespace tiles

/// Rotary positions: turns every feature pair of x [batch][tokens][Heads][Dim] by position * frequency. Token n of
/// sequence b stands at position first_positions[b] + n (at n where none are given). y may be x.
template <typename Positions, typename In, typename T, int Heads, int Dim>
void rotate(head_view<In, Heads, Dim> x, std::span<const std::int64_t> first_positions, head_view<T, Heads, Dim> y,
            host_workspace& workspace) {
  tiles::turn<Positions>(x, first_positions, y, 1.0, workspace);
}

/// The backward of `rotate`: the same turn the other way. x_gradient may be y_gradient.
template <typename Positions, typename In, typename T, int Heads, int Dim>
void rotate_backward(head_view<In, Heads, Dim> y_gradient, std::span<const std::int64_t> first_positions,
                     head_view<T, Heads, Dim> x_gradient, host_workspace& workspace) {
  tiles::turn<Positions>(y_gradient, first_positions, x_gradient, -1.0, workspace);
}

}  // namespace headwise::cpu
