// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/noisy_quadratic.hpp"

namespace headwise::wsd {

/// The noisy quadratic at every constant batch size: its loss is L_inf + f(S) + g(S) / B, with f and g from two exact
/// runs.
class noisy_quadratic_runs {
 public:
  explicit noisy_quadratic_runs(const noisy_quadratic::parameters& settings = {}, double last_step = 4e5)
      : floor_(settings.loss_floor) {
    constexpr double unit = 1e6;
    constexpr int places = 260;
    noisy_quadratic still(settings);
    noisy_quadratic noisy(settings);
    double at = 0;
    for (int i = 0; i < places; ++i) {
      const double steps = std::pow(last_step, static_cast<double>(i) / (places - 1));
      still.advance(steps - at, std::numeric_limits<double>::infinity());
      noisy.advance(steps - at, unit);
      at = steps;
      log_steps_.push_back(std::log(steps));
      signal_.push_back(still.loss() - floor_);
      noise_.push_back(unit * (noisy.loss() - still.loss()));
    }
  }

  /// L(S, B), between the first step and the last.
  double loss(double steps, double batch) const {
    const double x = std::log(steps);
    const auto above = std::upper_bound(log_steps_.begin() + 1, log_steps_.end() - 1, x);
    const auto i = static_cast<std::size_t>(above - log_steps_.begin());
    const double part = (x - log_steps_[i - 1]) / (log_steps_[i] - log_steps_[i - 1]);
    const double signal = std::exp((1 - part) * std::log(signal_[i - 1]) + part * std::log(signal_[i]));
    return floor_ + signal + ((1 - part) * noise_[i - 1] + part * noise_[i]) / batch;
  }

  /// S(B) at a loss; infinite where the last step comes first.
  double steps(double batch, double target) const {
    constexpr int halvings = 60;
    double low = 1;
    double high = std::exp(log_steps_.back());
    if (loss(high, batch) > target) return std::numeric_limits<double>::infinity();
    for (int i = 0; i < halvings; ++i) {
      const double middle = std::sqrt(low * high);
      (loss(middle, batch) > target ? low : high) = middle;
    }
    return high;
  }

  /// B_opt of a loss, to half a percent, among batch sizes between two.
  double batch_opt(double target, double lowest, double highest) const {
    constexpr double ratio = 1.004;
    double best = 0;
    double fewest = std::numeric_limits<double>::infinity();
    for (double batch = lowest; batch < highest; batch *= ratio) {
      const double tokens = batch * steps(batch, target);
      if (tokens < fewest) {
        fewest = tokens;
        best = batch;
      }
    }
    return best;
  }

 private:
  double floor_;
  numbers log_steps_;
  numbers signal_;
  numbers noise_;
};

}  // namespace headwise::wsd
