// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/wsd_batch_size/loss_curve.hpp"
#include "headwise/wsd_batch_size/noisy_quadratic.hpp"
#include "support/random.hpp"

namespace headwise::test {

/// The noisy quadratic at constant batch sizes: L(S, B) = floor + f(S) + g(S) / B, with f and g from two exact runs.
class quadratic_runs {
 public:
  quadratic_runs() {
    constexpr double unit = 1e6;
    constexpr double last = 4e5;
    constexpr int places = 260;
    const wsd::noisy_quadratic::parameters settings;
    wsd::noisy_quadratic still(settings);
    wsd::noisy_quadratic noisy(settings);
    floor_ = settings.loss_floor;
    double at = 0;
    for (int i = 0; i < places; ++i) {
      const double steps = std::pow(last, double(i) / (places - 1));
      still.advance(steps - at, std::numeric_limits<double>::infinity());
      noisy.advance(steps - at, unit);
      at = steps;
      log_steps_.push_back(std::log(steps));
      signal_.push_back(still.loss() - floor_);
      noise_.push_back(unit * (noisy.loss() - still.loss()));
    }
  }

  double loss(double steps, double batch) const {
    const double x = std::log(steps);
    const auto above = std::upper_bound(log_steps_.begin() + 1, log_steps_.end() - 1, x);
    const auto i = static_cast<std::size_t>(above - log_steps_.begin());
    const double part = (x - log_steps_[i - 1]) / (log_steps_[i] - log_steps_[i - 1]);
    const double signal = std::exp((1 - part) * std::log(signal_[i - 1]) + part * std::log(signal_[i]));
    return floor_ + signal + ((1 - part) * noise_[i - 1] + part * noise_[i]) / batch;
  }

  /// The exact S at which a batch size reaches a loss.
  double steps(double batch, double target) const {
    double low = 1;
    double high = std::exp(log_steps_.back());
    if (loss(high, batch) > target) return std::numeric_limits<double>::infinity();
    for (int i = 0; i < 60; ++i) {
      const double middle = std::sqrt(low * high);
      (loss(middle, batch) > target ? low : high) = middle;
    }
    return high;
  }

  /// The exact best batch size of a loss.
  double batch_opt(double target) const {
    double best = 0;
    double fewest = std::numeric_limits<double>::infinity();
    for (double batch = 1e5; batch < 3e7; batch *= 1.004) {
      const double tokens = batch * steps(batch, target);
      if (tokens < fewest) {
        fewest = tokens;
        best = batch;
      }
    }
    return best;
  }

  /// A log of this run, with slow noise that all batch sizes have alike and sampling noise that falls with the batch.
  wsd::loss_curve log(double batch, double last_step, double every, std::uint64_t seed) const {
    random_numbers random(seed);
    wsd::loss_curve curve;
    curve.run = "batch " + std::to_string(batch);
    curve.batch = batch;
    double slow = 0;
    for (double step = every; step <= last_step; step += every) {
      slow = 0.98 * slow + 0.2 * static_cast<double>(random.normal());
      curve.steps.push_back(step);
      curve.losses.push_back(loss(step, batch) + 0.004 * slow +
                             0.05 * std::sqrt(1e6 / batch) * static_cast<double>(random.normal()));
    }
    return curve;
  }

 private:
  double floor_ = 0;
  wsd::numbers log_steps_;
  wsd::numbers signal_;
  wsd::numbers noise_;
};

}  // namespace headwise::test
