// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/log_smoothing.hpp"
#include "headwise/wsd_batch_size/loss_curve.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

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
      : batch_(curve.batch), settings_(settings), log_(checked(curve, settings), settings.bins) {
    last_steps_ = curve.steps.back();
    const double first = std::log(curve.steps[settings.skipped_lines]);
    const double step = (std::log(last_steps_) - first) / static_cast<double>(settings.nodes - 1);
    for (std::size_t i = 0; i < settings.nodes; ++i) log_steps_.push_back(first + step * static_cast<double>(i));
    smooth();
    correlation_bins_ = correlation_of(residuals());
  }

  /// The curve of a log that could have been as well: its course, and its noise in blocks that are each multiplied by a
  /// normal number. Blocks keep how noise depends on its neighbours and on the step.
  template <typename Generator>
  smoothed_curve redrawn(Generator& generator) const {
    constexpr double blocks_of_correlation = 4;
    const auto length = static_cast<std::size_t>(std::ceil(blocks_of_correlation * correlation_bins_));
    std::normal_distribution<double> normal;
    smoothed_curve drawn = *this;
    double factor = 1;
    std::size_t in_block = 0;
    for (std::size_t i = first_judged_bin(); i < log_.size(); ++i, ++in_block) {
      if (in_block % length == 0) factor = normal(generator);
      const double course = line_value(log_.log_steps[i]);
      drawn.log_.losses[i] = course + factor * (log_.losses[i] - course);
    }
    drawn.smooth();
    return drawn;
  }

  double batch() const { return batch_; }
  double first_loss() const { return envelope_.front(); }
  double lowest_loss() const { return envelope_.back(); }

  /// ln S of the places where the course is known, and the course there, which never rises.
  const numbers& log_steps() const { return log_steps_; }
  const numbers& losses() const { return envelope_; }

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
  static const loss_curve& checked(const loss_curve& curve, const smoothing_settings& settings) {
    constexpr std::size_t lines_after_skipped = 10;
    const std::size_t fewest = settings.skipped_lines + lines_after_skipped;
    const auto require = [&](bool holds, const auto& given, const auto& needed) {
      headwise::detail::require(holds, "curve", headwise::detail::words("run ", curve.run, " ", given), needed);
    };
    detail::require_positive(curve.batch, "batch");
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
    return curve;
  }

  void smooth() {
    lines_.clear();
    envelope_.clear();
    double lowest = std::numeric_limits<double>::infinity();
    for (const double x : log_steps_) {
      lines_.push_back(detail::line_at(log_, x, settings_));
      lowest = std::min(lowest, lines_.back().value);
      envelope_.push_back(lowest);
    }
  }

  std::size_t first_judged_bin() const {
    const auto first = std::lower_bound(log_.log_steps.begin(), log_.log_steps.end(), log_steps_.front());
    return static_cast<std::size_t>(first - log_.log_steps.begin());
  }

  /// Of bins, in a scale in which all should be alike.
  numbers residuals() const {
    numbers residuals;
    for (std::size_t i = first_judged_bin(); i < log_.size(); ++i)
      residuals.push_back(std::sqrt(log_.counts[i]) * (log_.losses[i] - line_value(log_.log_steps[i])));
    return residuals;
  }

  /// Over how many bins noise is alike: the sum of its autocorrelation.
  static double correlation_of(const numbers& residuals) {
    const double variance = detail::sum_of_squares(residuals);
    double bins = 1;
    for (std::size_t lag = 1; variance > 0 && lag < residuals.size() / 4; ++lag) {
      double product = 0;
      for (std::size_t i = lag; i < residuals.size(); ++i) product += residuals[i] * residuals[i - lag];
      if (product <= 0) break;
      bins += 2 * product / variance;
    }
    return bins;
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
    const double deviation = std::sqrt(correlation_bins_) * lines_[node].deviation / std::max(slope, flattest);
    return std::clamp(deviation, settings_.smallest_deviation, 1.0);
  }

  double batch_;
  smoothing_settings settings_;
  detail::binned_log log_;
  double last_steps_ = 0;
  std::vector<detail::local_line> lines_;
  numbers log_steps_;
  numbers envelope_;
  double correlation_bins_ = 1;
};

/// What runs say about each of several losses. A run that stood below a loss within the first lines of its log, in the
/// warm-up, says nothing about it and is left out.
inline std::vector<target_measurements> passages_of(std::span<const smoothed_curve> runs,
                                                    std::span<const double> losses) {
  std::vector<target_measurements> targets;
  for (const double loss : losses) {
    target_measurements& target = targets.emplace_back();
    target.loss = loss;
    for (const smoothed_curve& run : runs)
      if (loss < run.first_loss()) target.points.push_back(run.at(loss).point);
  }
  return targets;
}

}  // namespace headwise::wsd
