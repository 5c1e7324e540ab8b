// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "headwise/wsd_batch_size/curve_coordinates.hpp"
#include "headwise/wsd_batch_size/laurent_curve.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"

namespace headwise::wsd {

/// M1, the smooth curve: ln S_opt, ln E_min, logit(S_min / S_opt), logit(B_min / its bound).
struct laurent_model {
  using curve = laurent_curve;
  static constexpr std::string_view name = "M1";
  static constexpr std::size_t size = 4;
  static constexpr std::size_t fewest_batches = 5;
  static constexpr std::array<double, size> usual{0, 0, 0, 0.5};
  static constexpr std::array<bool, size> is_shape{false, false, true, true};

  static curve at(const numbers& u, double cap) {
    curve::parameters p{.steps_opt = detail::positive(u[0]), .tokens_min = detail::positive(u[1])};
    p.steps_min = p.steps_opt * detail::share(u[2]);
    p.batch_min = bound(p, cap) * detail::share(u[3]);
    return curve(p);
  }
  static numbers coordinates(const curve& c, double cap) {
    const curve::parameters p{c.steps_min(), c.steps_opt(), c.tokens_min(), c.batch_min()};
    return {std::log(p.steps_opt), std::log(p.tokens_min), detail::logit_inside(p.steps_min / p.steps_opt),
            detail::logit_inside(p.batch_min / bound(p, cap))};
  }

  static double first_steps(const detail::measured_extremes& measured) { return measured.steps_of_fewest_tokens; }

  /// f, up to a factor: (E - E_min) / A_1.
  struct shape {
    double steps_min;
    double steps_opt;
    double operator()(double steps) const {
      const double d = steps_opt - steps_min;
      return steps - steps_min - 2 * d + d * d / (steps - steps_min);
    }
  };
  static std::vector<shape> shapes(const detail::measured_extremes& measured) {
    std::vector<shape> all;
    for (const double near : {0.7, 0.85, 1.0, 1.18, 1.4})
      for (const double part : {0.3, 0.5, 0.7, 0.85, 0.95})
        if (part * measured.fewest_steps < 0.99 * near * measured.steps_of_fewest_tokens)
          all.push_back({part * measured.fewest_steps, near * measured.steps_of_fewest_tokens});
    return all;
  }
  static std::optional<curve> of_shape(const shape& s, double tokens_min, double weight, double cap) {
    const curve::parameters p{s.steps_min, s.steps_opt, tokens_min, weight};
    if (!(tokens_min > 0 && weight > 0 && weight < bound(p, cap))) return std::nullopt;
    return curve(p);
  }

 private:
  static double bound(const curve::parameters& p, double cap) { return std::min(curve::largest_batch_min(p), cap); }
};

}  // namespace headwise::wsd
