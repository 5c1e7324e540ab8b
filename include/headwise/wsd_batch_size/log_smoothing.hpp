// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/loss_curve.hpp"

namespace headwise::wsd {

/// How logs are smoothed. A local line in ln S has no lag, unlike a trailing mean, which arrives late at every loss and
/// by a different amount for every batch size.
struct smoothing_settings {
  double half_width = 0.06;          ///< of the window in ln S
  std::size_t bins = 1200;           ///< equal ones in ln S, of which each is a mean
  std::size_t fewest_bins = 7;       ///< the window widens until it holds so many
  std::size_t nodes = 400;           ///< where the line is taken, evenly in ln S
  std::size_t skipped_lines = 30;    ///< the first lines of a log stand in the warm-up and in wide gaps of ln S
  double smallest_deviation = 1e-3;  ///< of ln S: interpolation knows no better
};

namespace detail {

/// Means of a log in equal bins of ln S; empty ones are left out.
struct binned_log {
  numbers log_steps;
  numbers losses;
  numbers counts;

  binned_log(const loss_curve& curve, std::size_t bins) {
    const double first = std::log(curve.steps.front());
    const double width = (std::log(curve.steps.back()) - first) / static_cast<double>(bins);
    double last_bin = -1;
    for (std::size_t i = 0; i < curve.steps.size(); ++i) {
      const double x = std::log(curve.steps[i]);
      const double bin = std::min(std::floor((x - first) / width), static_cast<double>(bins - 1));
      if (bin != last_bin) {
        log_steps.push_back(0);
        losses.push_back(0);
        counts.push_back(0);
        last_bin = bin;
      }
      const double share = 1 / ++counts.back();
      log_steps.back() += share * (x - log_steps.back());
      losses.back() += share * (curve.losses[i] - losses.back());
    }
  }
  std::size_t size() const { return counts.size(); }
};

/// A line through the bins around one place, at that place.
struct local_line {
  double value = 0;
  double deviation = 0;  ///< as if bins were independent
};

/// The half-width of the window around `x` that holds enough bins.
inline double window_around(const binned_log& log, double x, const smoothing_settings& settings) {
  const std::size_t wanted = std::min(settings.fewest_bins, log.size());
  auto right =
      static_cast<std::size_t>(std::lower_bound(log.log_steps.begin(), log.log_steps.end(), x) - log.log_steps.begin());
  std::size_t left = right;
  double farthest = 0;
  while (right - left < wanted) {
    const bool go_left = right == log.size() || (left > 0 && x - log.log_steps[left - 1] <= log.log_steps[right] - x);
    farthest = go_left ? x - log.log_steps[--left] : log.log_steps[right++] - x;
  }
  return std::max(settings.half_width, 2 * farthest);
}

inline local_line line_at(const binned_log& log, double x, const smoothing_settings& settings) {
  const double half_width = window_around(log, x, settings);
  const auto begin = std::lower_bound(log.log_steps.begin(), log.log_steps.end(), x - half_width);
  const auto first = static_cast<std::size_t>(begin - log.log_steps.begin());
  std::size_t last = first;
  while (last < log.size() && log.log_steps[last] < x + half_width) ++last;
  const auto weight_of = [&](std::size_t i) {
    const double u = std::min(1.0, std::fabs(log.log_steps[i] - x) / half_width);
    const double tricube = 1 - u * u * u;
    return log.counts[i] * tricube * tricube * tricube;
  };
  double w = 0;
  double wx = 0;
  double wxx = 0;
  double wy = 0;
  double wxy = 0;
  for (std::size_t i = first; i < last; ++i) {
    const double weight = weight_of(i);
    const double offset = log.log_steps[i] - x;
    w += weight;
    wx += weight * offset;
    wxx += weight * offset * offset;
    wy += weight * log.losses[i];
    wxy += weight * offset * log.losses[i];
  }
  const double determinant = w * wxx - wx * wx;
  local_line line;
  line.value = (wxx * wy - wx * wxy) / determinant;
  const double slope = (w * wxy - wx * wy) / determinant;
  double squares = 0;
  double variance = 0;
  for (std::size_t i = first; i < last; ++i) {
    const double offset = log.log_steps[i] - x;
    const double residual = log.losses[i] - line.value - slope * offset;
    squares += log.counts[i] * residual * residual;
    const double share = weight_of(i) * (wxx - wx * offset) / determinant;
    variance += share * share / log.counts[i];
  }
  const double freedom = std::max(1.0, static_cast<double>(last - first) - 2);
  line.deviation = std::sqrt(variance * squares / freedom);
  return line;
}

}  // namespace detail

}  // namespace headwise::wsd
