// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

class additive_curve;

/// One law for all losses, L(S, B) = L_inf + a S^-alpha + c B^-beta: what steps have not yet learnt, and what the noise
/// of a batch keeps from being learnt at a constant learning rate.
class additive_law {
 public:
  /// The five numbers of the law; steps count in steps, batches in tokens per step.
  struct parameters {
    double loss_floor = 0;       ///< L_inf, in nats
    double signal = 0;           ///< a
    double signal_exponent = 0;  ///< alpha
    double noise = 0;            ///< c
    double noise_exponent = 0;   ///< beta
  };

  /// Throws `headwise::error` unless all but the floor are positive.
  constexpr explicit additive_law(const parameters& p) : p_(p) {
    detail::require_positive(p.signal, "signal");
    detail::require_positive(p.signal_exponent, "signal_exponent");
    detail::require_positive(p.noise, "noise");
    detail::require_positive(p.noise_exponent, "noise_exponent");
  }

  constexpr const parameters& numbers() const { return p_; }

  /// L(S, B).
  double loss(double steps, double batch) const {
    return p_.loss_floor + p_.signal * std::pow(steps, -p_.signal_exponent) +
           p_.noise * std::pow(batch, -p_.noise_exponent);
  }

  /// The curve at one loss. Throws `headwise::error` unless it lies above the floor.
  additive_curve at(double loss) const;

  /// B_opt(D): the constant batch size that leads D tokens to the lowest loss.
  double batch_opt_of_tokens(double tokens) const {
    const double sum = p_.signal_exponent + p_.noise_exponent;
    return std::pow(p_.noise * p_.noise_exponent / (p_.signal * p_.signal_exponent), 1 / sum) *
           std::pow(tokens, p_.signal_exponent / sum);
  }

  /// The tokens at which the runs of two batch sizes cross: before, the smaller one has the lower loss.
  double crossing_tokens(double smaller_batch, double larger_batch) const {
    detail::require_below(smaller_batch, "smaller_batch", larger_batch, "larger_batch");
    const double alpha = p_.signal_exponent;
    const double beta = p_.noise_exponent;
    const double gained = std::pow(larger_batch, alpha) - std::pow(smaller_batch, alpha);
    const double lost = std::pow(smaller_batch, -beta) - std::pow(larger_batch, -beta);
    return std::pow(p_.signal * gained / (p_.noise * lost), 1 / alpha);
  }

 private:
  parameters p_;
};

/// The curve of an additive law at one loss.
class additive_curve {
 public:
  additive_curve(const additive_law& law, double loss) : p_(law.numbers()), above_(loss - p_.loss_floor) {
    detail::require_below(p_.loss_floor, "loss_floor", loss, "loss");
  }

  double tokens(double steps) const {
    const double left = above_ - signal(steps);
    return left > 0 ? steps * std::pow(p_.noise / left, 1 / p_.noise_exponent) : infinity;
  }
  double slope(double steps) const {
    const double left = above_ - signal(steps);
    if (!(left > 0)) return -infinity;
    return tokens(steps) / steps * (1 - p_.signal_exponent * signal(steps) / (p_.noise_exponent * left));
  }
  double steps(double batch) const {
    const double left = above_ - p_.noise * std::pow(batch, -p_.noise_exponent);
    return left > 0 ? std::pow(p_.signal / left, 1 / p_.signal_exponent) : infinity;
  }

  double batch_min() const { return std::pow(p_.noise / above_, 1 / p_.noise_exponent); }
  double batch_opt() const {
    return batch_min() * std::pow(1 + p_.noise_exponent / p_.signal_exponent, 1 / p_.noise_exponent);
  }
  double steps_min() const { return std::pow(p_.signal / above_, 1 / p_.signal_exponent); }
  double steps_opt() const {
    return steps_min() * std::pow(1 + p_.signal_exponent / p_.noise_exponent, 1 / p_.signal_exponent);
  }
  double tokens_min() const { return batch_opt() * steps_opt(); }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  double signal(double steps) const { return p_.signal * std::pow(steps, -p_.signal_exponent); }

  additive_law::parameters p_;
  double above_;
};

inline additive_curve additive_law::at(double loss) const { return {*this, loss}; }

}  // namespace headwise::wsd
