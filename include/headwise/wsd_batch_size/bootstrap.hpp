// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"

namespace headwise::wsd {

/// From where to where a number may be.
struct interval {
  double low = 0;
  double high = 0;

  bool holds(double value) const { return low <= value && value <= high; }
};

/// The middle `share` of what was drawn, between order statistics by linear interpolation.
inline interval middle_of(std::vector<double> values, double share) {
  headwise::detail::require(!values.empty(), "values", "empty", "at least one");
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    const double place = part * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double rest = place - static_cast<double>(below);
    // Without the case, infinities would meet as inf * 0 or inf - inf.
    return rest == 0 ? values[below] : (1 - rest) * values[below] + rest * values[above];
  };
  return {at((1 - share) / 2), at((1 + share) / 2)};
}

/// How often is drawn, from which seed, and how many of the draws an interval holds.
struct bootstrap_settings {
  int draws = 200;
  double share = 0.9;  ///< of the draws that an interval holds
  std::uint64_t seed = 0;
};

/// Intervals of what a curve says, approximate: at ten batch sizes they hold the truth somewhat less often than their
/// share.
struct curve_intervals {
  interval batch_min;
  interval batch_opt;
  interval tokens_min;
  interval steps_min;
};

/// Draws measurements anew around the fitted curve, each with its own deviation, and fits each draw. Runs that did not
/// reach the loss stay as they are. Throws as `fit_curve` does.
template <typename Model>
curve_intervals bootstrap_curve(std::span<const measurement> points, const bootstrap_settings& settings = {},
                                const fit_settings& fit = {}) {
  const auto curve = fit_curve<Model>(points, fit).curve;
  std::mt19937_64 generator(settings.seed);
  std::normal_distribution<double> normal;
  std::vector<double> batch_min;
  std::vector<double> batch_opt;
  std::vector<double> tokens_min;
  std::vector<double> steps_min;
  for (int draw = 0; draw < settings.draws; ++draw) {
    std::vector<measurement> drawn(points.begin(), points.end());
    for (measurement& point : drawn)
      if (point.reached) point.steps = curve.steps(point.batch) * std::exp(point.deviation * normal(generator));
    const auto found = fit_curve<Model>(drawn, fit).curve;
    batch_min.push_back(found.batch_min());
    batch_opt.push_back(found.batch_opt());
    tokens_min.push_back(found.tokens_min());
    steps_min.push_back(found.steps_min());
  }
  return {middle_of(batch_min, settings.share), middle_of(batch_opt, settings.share),
          middle_of(tokens_min, settings.share), middle_of(steps_min, settings.share)};
}

}  // namespace headwise::wsd
