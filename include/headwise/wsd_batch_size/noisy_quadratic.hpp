// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// Stochastic gradient descent with a constant learning rate on a quadratic with power-law spectrum, in expectation and
/// exactly: mode i has the curvature h_i = i^-s and the energy e_i, which starts at amplitude i^-r and moves to eta h_i
/// sigma^2 / (2 B (2 - eta h_i)). It follows none of the curve models, so that it judges them all alike.
class noisy_quadratic {
 public:
  /// The spectrum, the training and its noise.
  struct parameters {
    std::size_t modes = 3000;
    double curvature_exponent = 1.5;  ///< s
    double energy_exponent = 1.75;    ///< r
    double learning_rate = 0.5;       ///< eta, below 2
    double noise = 3e5;               ///< sigma^2
    double amplitude = 25;
    double loss_floor = 1.7;  ///< in nats
  };

  /// Throws `headwise::error` unless 0 < eta < 2 and sigma^2 is positive.
  explicit noisy_quadratic(const parameters& p) : floor_(p.loss_floor) {
    detail::require_positive(p.learning_rate, "learning_rate");
    detail::require_below(p.learning_rate, "learning_rate", 2, "two");
    detail::require_positive(p.noise, "noise");
    for (std::size_t i = 1; i <= p.modes; ++i) {
      const auto mode = static_cast<double>(i);
      const double curvature = std::pow(mode, -p.curvature_exponent);
      energy_.push_back(p.amplitude * std::pow(mode, -p.energy_exponent));
      log_decay_.push_back(2 * std::log(std::fabs(1 - p.learning_rate * curvature)));
      noise_.push_back(0.5 * p.learning_rate * p.noise * curvature / (2 - p.learning_rate * curvature));
    }
  }

  /// Goes on for `steps` with batches of `batch`.
  void advance(double steps, double batch) {
    for (std::size_t i = 0; i < energy_.size(); ++i) {
      const double kept = std::exp(log_decay_[i] * steps);
      energy_[i] = kept * energy_[i] + (1 - kept) * noise_[i] / batch;
    }
  }

  /// The loss now, in nats.
  double loss() const {
    double sum = floor_;
    for (const double energy : energy_) sum += energy;
    return sum;
  }

 private:
  double floor_;
  numbers energy_;
  numbers log_decay_;
  numbers noise_;  ///< energies in the long run, times the batch
};

}  // namespace headwise::wsd
