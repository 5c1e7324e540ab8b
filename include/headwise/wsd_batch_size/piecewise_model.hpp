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
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/piecewise_curve.hpp"

namespace headwise::wsd {

/// The published curve in pieces: ln S_opt, ln E_min, logit(S_min / S_opt), ln(S_2 / S_opt - 1), logit(B_min / its
/// bound), and where the join S_1 is free (M2f; it is smooth in M2), logit((S_1 - S_min) / (S_opt - S_min)).
template <bool FreeJoin>
struct piecewise_model {
  using curve = piecewise_curve;
  static constexpr std::string_view name = FreeJoin ? "M2f" : "M2";
  static constexpr std::size_t size = FreeJoin ? 6 : 5;
  static constexpr std::size_t fewest_batches = FreeJoin ? 10 : 7;
  static constexpr std::array<double, 6> usual{0, 0, 0, -0.7, 0.5, 0.7};
  static constexpr std::array<bool, 6> is_shape{false, false, true, true, true, true};

  static curve at(const numbers& u, double cap) {
    curve::parameters p{.steps_opt = detail::positive(u[0]), .tokens_min = detail::positive(u[1])};
    p.steps_min = p.steps_opt * detail::share(u[2]);
    p.steps_tail = p.steps_opt * (1 + std::exp(std::clamp(u[3], -20.0, 20.0)));
    p.batch_min = bound(p, cap) * detail::share(u[4]);
    p.steps_pole = FreeJoin ? p.steps_min + (p.steps_opt - p.steps_min) * detail::share(u[size - 1])
                            : curve::smooth_steps_pole(p.steps_min, p.steps_opt);
    return curve(p);
  }
  static numbers coordinates(const curve& c, double cap) {
    const curve::parameters p{c.steps_min(),  c.steps_pole(), c.steps_opt(),
                              c.steps_tail(), c.tokens_min(), c.batch_min()};
    numbers u{std::log(p.steps_opt), std::log(p.tokens_min), detail::logit_inside(p.steps_min / p.steps_opt),
              std::log(p.steps_tail / p.steps_opt - 1), detail::logit_inside(p.batch_min / bound(p, cap))};
    if (FreeJoin) u.push_back(detail::logit_inside((p.steps_pole - p.steps_min) / (p.steps_opt - p.steps_min)));
    return u;
  }

  static double first_steps(const detail::measured_extremes& measured) { return measured.steps_of_fewest_tokens; }

  /// f = (E - E_min) / C.
  struct shape {
    double steps_min;
    double steps_pole;
    double steps_opt;
    double steps_tail;
    double operator()(double steps) const {
      const double x = steps_pole - steps_min;
      const double y = steps_opt - steps_pole;
      if (steps < steps_pole) return y * (2 * x * x / (steps - steps_min) + y - 2 * x);
      if (steps > steps_tail) return (steps_tail - steps_opt) * (2 * steps - steps_tail - steps_opt);
      return (steps - steps_opt) * (steps - steps_opt);
    }
  };
  /// Where the join is free, on both sides of the smooth one: at it the curve does not change with S_1, so that no fit
  /// would ever leave it.
  static std::vector<shape> shapes(const detail::measured_extremes& measured) {
    std::vector<shape> all;
    const numbers joins = FreeJoin ? numbers{0.2, 0.4, 0.5, 0.8, 0.9} : numbers{2.0 / 3};
    for (const double near : {0.85, 1.0, 1.18})
      for (const double part : {0.5, 0.7, 0.85, 0.95})
        for (const double tail : {0.15, 0.4, 1.0, 2.5})
          for (const double join : joins) {
            const double opt = near * measured.steps_of_fewest_tokens;
            const double min = part * measured.fewest_steps;
            if (min < 0.99 * opt) all.push_back({min, min + join * (opt - min), opt, opt * (1 + tail)});
          }
    return all;
  }
  static std::optional<curve> of_shape(const shape& s, double tokens_min, double weight, double cap) {
    const curve::parameters p{s.steps_min,  s.steps_pole, s.steps_opt,
                              s.steps_tail, tokens_min,   2 * weight * (s.steps_tail - s.steps_opt)};
    if (!(tokens_min > 0 && weight > 0 && p.batch_min < bound(p, cap))) return std::nullopt;
    return curve(p);
  }

 private:
  static double bound(const curve::parameters& p, double cap) { return std::min(curve::largest_batch_min(p), cap); }
};

}  // namespace headwise::wsd
