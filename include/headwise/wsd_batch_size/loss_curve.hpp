// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"

namespace headwise::wsd {

/// The log of one run of constant batch size in the stable phase, at one learning rate.
struct loss_curve {
  std::string run;
  double batch = 0;  ///< in tokens per step
  numbers steps;     ///< ascending, positive
  numbers losses;    ///< in nats, as many as steps
};

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

/// The half-width of the window around `x` that holds enough bins, of which `near` is one close by.
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

/// When a smoothed run first came down to a loss.
struct first_passage {
  measurement point;
  bool fragile = false;  ///< reached in the last two percent of the run only
};

/// The course of a run without its noise, made to fall all the way.
class smoothed_curve {
 public:
  /// Throws `headwise::error` unless steps ascend from above zero, losses are finite and there are enough lines.
  explicit smoothed_curve(const loss_curve& curve, const smoothing_settings& settings = {})
      : batch_(curve.batch), settings_(settings) {
    check_log(curve);
    last_steps_ = curve.steps.back();
    const detail::binned_log log(curve, settings.bins);
    const double first = std::log(curve.steps[settings.skipped_lines]);
    const double step = (std::log(last_steps_) - first) / static_cast<double>(settings.nodes - 1);
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < settings.nodes; ++i) {
      const double x = first + step * static_cast<double>(i);
      lines_.push_back(detail::line_at(log, x, settings));
      lowest = std::min(lowest, lines_.back().value);
      log_steps_.push_back(x);
      envelope_.push_back(lowest);
    }
    inflation_ = inflation_of_correlation(log);
  }

  double batch() const { return batch_; }
  double first_loss() const { return envelope_.front(); }
  double lowest_loss() const { return envelope_.back(); }

  /// Where the run first is at `loss`, or its end as a run that did not get there. Throws `headwise::error` if it was
  /// there within the first lines of its log.
  first_passage at(double loss) const {
    headwise::detail::require(loss < first_loss(), "loss", loss,
                              headwise::detail::words("less than ", first_loss(), ", where the run of batch ", batch_,
                                                      " stands behind the first lines of its log"));
    const auto below = std::find_if(envelope_.begin(), envelope_.end(), [&](double value) { return value <= loss; });
    if (below == envelope_.end()) {
      const double deviation = deviation_at(lines_.size() - 1);
      return {{.batch = batch_, .steps = last_steps_, .deviation = deviation, .reached = false}, false};
    }
    const auto i = static_cast<std::size_t>(below - envelope_.begin());
    const double part = (envelope_[i - 1] - loss) / (envelope_[i - 1] - envelope_[i]);
    const double steps = std::exp(log_steps_[i - 1] + part * (log_steps_[i] - log_steps_[i - 1]));
    constexpr double end = 0.98;
    return {{.batch = batch_, .steps = steps, .deviation = deviation_at(i)}, steps > end * last_steps_};
  }

 private:
  void check_log(const loss_curve& curve) const {
    constexpr std::size_t lines_after_skipped = 10;
    const std::size_t fewest = settings_.skipped_lines + lines_after_skipped;
    const auto require = [&](bool holds, const auto& given, const auto& needed) {
      headwise::detail::require(holds, "curve", headwise::detail::words("run ", curve.run, " ", given), needed);
    };
    headwise::detail::require(detail::is_positive(batch_), "batch", batch_, "a positive number");
    require(curve.steps.size() >= fewest, headwise::detail::words("of ", curve.steps.size(), " lines"),
            headwise::detail::words("at least ", fewest));
    require(curve.losses.size() == curve.steps.size(), headwise::detail::words("of ", curve.losses.size(), " losses"),
            headwise::detail::words("as many as steps, ", curve.steps.size()));
    require(curve.steps.front() > 0, headwise::detail::words("from step ", curve.steps.front()), "positive steps");
    for (std::size_t i = 0; i < curve.steps.size(); ++i) {
      require(std::isfinite(curve.losses[i]), headwise::detail::words("with loss ", curve.losses[i]), "finite losses");
      require(i == 0 || curve.steps[i] > curve.steps[i - 1],
              headwise::detail::words("with step ", curve.steps[i], " behind step ", curve.steps[i == 0 ? 0 : i - 1]),
              "ascending steps");
    }
  }

  /// How much wider errors are than they would be if the noise of neighbouring bins were independent.
  double inflation_of_correlation(const detail::binned_log& log) const {
    numbers residuals;
    for (std::size_t i = 0; i < log.size(); ++i) {
      if (log.log_steps[i] < log_steps_.front()) continue;
      residuals.push_back(std::sqrt(log.counts[i]) * (log.losses[i] - line_value(log.log_steps[i])));
    }
    const double variance = detail::sum_of_squares(residuals);
    double time = 1;
    for (std::size_t lag = 1; variance > 0 && lag < residuals.size() / 4; ++lag) {
      double product = 0;
      for (std::size_t i = lag; i < residuals.size(); ++i) product += residuals[i] * residuals[i - lag];
      if (product <= 0) break;
      time += 2 * product / variance;
    }
    return std::sqrt(time);
  }

  double line_value(double log_steps) const {
    const double place = (log_steps - log_steps_.front()) / (log_steps_[1] - log_steps_[0]);
    const auto i = std::min(static_cast<std::size_t>(std::max(0.0, place)), lines_.size() - 2);
    const double part = place - static_cast<double>(i);
    return (1 - part) * lines_[i].value + part * lines_[i + 1].value;
  }

  /// The error of the loss over the slope, which is taken across several windows: that of one would be as noisy as the
  /// loss.
  double deviation_at(std::size_t node) const {
    constexpr double windows = 3;
    constexpr double flattest = 1e-9;
    const double spacing = log_steps_[1] - log_steps_[0];
    const auto reach = static_cast<std::size_t>(std::ceil(windows * settings_.half_width / spacing));
    const std::size_t first = node - std::min(node, reach);
    const std::size_t last = std::min(node + reach, lines_.size() - 1);
    const double slope = (envelope_[first] - envelope_[last]) / (log_steps_[last] - log_steps_[first]);
    const double deviation = inflation_ * lines_[node].deviation / std::max(slope, flattest);
    return std::clamp(deviation, settings_.smallest_deviation, 1.0);
  }

  double batch_;
  double last_steps_ = 0;
  smoothing_settings settings_;
  std::vector<detail::local_line> lines_;
  numbers log_steps_;
  numbers envelope_;
  double inflation_ = 1;
};

}  // namespace headwise::wsd
