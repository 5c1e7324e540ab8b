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
#include "headwise/wsd_batch_size/fit_settings.hpp"
#include "headwise/wsd_batch_size/iso_loss_curve.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/smoothed_curve.hpp"

namespace headwise::wsd {

/// From where to where a number may be.
struct interval {
  double low = 0;
  double high = 0;

  bool holds(double value) const { return low <= value && value <= high; }
};

/// The middle `share` of what was drawn, between order statistics by linear interpolation. Throws `headwise::error` if
/// nothing was drawn, or if the share is none.
inline interval middle_of(std::vector<double> values, double share) {
  headwise::detail::require(!values.empty(), "values", "empty", "at least one");
  headwise::detail::require(share > 0 && share <= 1, "share", share, "more than 0 and at most 1");
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

/// What the curves of many draws say.
class curve_draws {
 public:
  template <iso_loss_curve Curve>
  void add(const Curve& curve) {
    batch_min_.push_back(curve.batch_min());
    batch_opt_.push_back(curve.batch_opt());
    tokens_min_.push_back(curve.tokens_min());
    steps_min_.push_back(curve.steps_min());
  }
  std::size_t size() const { return batch_min_.size(); }

  /// Throws `headwise::error` if nothing was drawn.
  curve_intervals middle(double share) const {
    return {middle_of(batch_min_, share), middle_of(batch_opt_, share), middle_of(tokens_min_, share),
            middle_of(steps_min_, share)};
  }

 private:
  numbers batch_min_;
  numbers batch_opt_;
  numbers tokens_min_;
  numbers steps_min_;
};

/// Measurements that could have been as well: around a curve, each with its own deviation. Runs that did not reach the
/// loss stay as they are.
template <iso_loss_curve Curve, typename Generator>
std::vector<measurement> redrawn(std::span<const measurement> points, const Curve& curve, Generator& generator) {
  std::normal_distribution<double> normal;
  std::vector<measurement> drawn(points.begin(), points.end());
  for (measurement& point : drawn)
    if (point.reached) point.steps = curve.steps(point.batch) * std::exp(point.deviation * normal(generator));
  return drawn;
}

/// Runs that could have been as well. Losses that are measured on one set of runs vary together, as they do in truth;
/// draws of the measurements of each loss alone do not know that.
template <typename Generator>
std::vector<smoothed_curve> redrawn(std::span<const smoothed_curve> runs, Generator& generator) {
  std::vector<smoothed_curve> drawn;
  for (const smoothed_curve& run : runs) drawn.push_back(run.redrawn(generator));
  return drawn;
}

/// Draws measurements anew around the fitted curve and fits each draw. Throws as `fit_curve` does.
template <typename Model>
curve_intervals bootstrap_curve(std::span<const measurement> points, const bootstrap_settings& settings = {},
                                const fit_settings& fit = {}) {
  const auto curve = fit_curve<Model>(points, fit).curve;
  std::mt19937_64 generator(settings.seed);
  curve_draws draws;
  for (int draw = 0; draw < settings.draws; ++draw)
    draws.add(refit_curve<Model>(redrawn(points, curve, generator), curve, fit).curve);
  return draws.middle(settings.share);
}

}  // namespace headwise::wsd
