// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// The smooth curve E = A_1 S + A_0 + A_1 d^2 / (S - S_min) with d = S_opt - S_min: a pole, a minimum and a linear tail
/// in four numbers.
class laurent_curve {
 public:
  /// The four numbers of the curve.
  struct parameters {
    double steps_min = 0;   ///< S_min, in steps
    double steps_opt = 0;   ///< S_opt, in steps
    double tokens_min = 0;  ///< E_min, in tokens
    double batch_min = 0;   ///< B_min = A_1, in tokens per step
  };

  /// Throws `headwise::error` unless 0 < steps_min < steps_opt and the numbers are those of first passages: A_0 > 0, so
  /// that every batch size above batch_min meets the curve once.
  constexpr explicit laurent_curve(const parameters& p) : p_(p) {
    detail::require_positive(p.steps_min, "steps_min");
    detail::require_positive(p.tokens_min, "tokens_min");
    detail::require_positive(p.batch_min, "batch_min");
    detail::require_below(p.steps_min, "steps_min", p.steps_opt, "steps_opt");
    detail::require_below(p.batch_min, "batch_min", largest_batch_min(p), "tokens_min / (2 steps_opt - steps_min)");
  }

  /// What batch_min must stay below for A_0 > 0.
  static constexpr double largest_batch_min(const parameters& p) {
    return p.tokens_min / (2 * p.steps_opt - p.steps_min);
  }

  constexpr double tokens(double steps) const {
    const double beyond = steps - p_.steps_min;
    return beyond > 0 ? p_.batch_min * steps + tail_intercept() + pole_weight() / beyond : infinity;
  }
  constexpr double slope(double steps) const {
    const double beyond = steps - p_.steps_min;
    return beyond > 0 ? p_.batch_min - pole_weight() / (beyond * beyond) : -infinity;
  }
  double steps(double batch) const {
    if (!(batch > p_.batch_min)) return infinity;
    // The larger root of k S^2 - (k S_min + A_0) S + A_0 S_min - A_1 d^2 with k = B - A_1.
    const double k = batch - p_.batch_min;
    const double difference = k * p_.steps_min - tail_intercept();
    const double root = std::sqrt(difference * difference + 4 * k * pole_weight());
    return (k * p_.steps_min + tail_intercept() + root) / (2 * k);
  }

  constexpr double batch_min() const { return p_.batch_min; }
  constexpr double batch_opt() const { return p_.tokens_min / p_.steps_opt; }
  constexpr double steps_min() const { return p_.steps_min; }
  constexpr double steps_opt() const { return p_.steps_opt; }
  constexpr double tokens_min() const { return p_.tokens_min; }

  /// A_0 of the tail A_1 S + A_0.
  constexpr double tail_intercept() const { return p_.tokens_min - p_.batch_min * (2 * p_.steps_opt - p_.steps_min); }
  /// A_1 d^2, the weight of the pole at S_min.
  constexpr double pole_weight() const {
    const double d = p_.steps_opt - p_.steps_min;
    return p_.batch_min * d * d;
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  parameters p_;
};

}  // namespace headwise::wsd
