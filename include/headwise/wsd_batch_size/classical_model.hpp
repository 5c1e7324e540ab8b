// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "headwise/wsd_batch_size/classical_curve.hpp"
#include "headwise/wsd_batch_size/curve_coordinates.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"

namespace headwise::wsd {

/// M0, the classical hyperbola: ln S_min, ln E_min.
struct classical_model {
  using curve = classical_curve;
  static constexpr std::string_view name = "M0";
  static constexpr std::size_t size = 2;
  static constexpr std::size_t fewest_batches = 3;
  static constexpr std::array<double, size> usual{};
  static constexpr std::array<bool, size> is_shape{};

  static curve at(const numbers& u, double /*cap*/) {
    return curve({.steps_min = detail::positive(u[0]), .tokens_min = detail::positive(u[1])});
  }
  static numbers coordinates(const curve& c, double /*cap*/) {
    return {std::log(c.steps_min()), std::log(c.tokens_min())};
  }

  static double first_steps(const detail::measured_extremes& measured) { return measured.fewest_steps / 2; }

  /// f = S_min / (S - S_min), where weight and E_min are one number.
  struct shape {
    double steps_min;
    double operator()(double steps) const { return steps_min / (steps - steps_min); }
  };
  static std::vector<shape> shapes(const detail::measured_extremes& measured) {
    std::vector<shape> all;
    for (const double part : {0.2, 0.5, 0.8, 0.95}) all.push_back({part * measured.fewest_steps});
    return all;
  }
  static std::optional<curve> of_shape(const shape& s, double tokens_min, double /*weight*/, double /*cap*/) {
    if (!(tokens_min > 0)) return std::nullopt;
    return curve({.steps_min = s.steps_min, .tokens_min = tokens_min});
  }
};

}  // namespace headwise::wsd
