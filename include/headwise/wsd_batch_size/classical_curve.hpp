// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// The classical hyperbola (E / E_min - 1)(S / S_min - 1) = 1, that is, E = E_min + B S_min: every batch size reaches
/// the loss, and a larger one always costs more tokens.
class classical_curve {
 public:
  /// The two numbers of the hyperbola.
  struct parameters {
    double steps_min = 0;   ///< S_min, in steps
    double tokens_min = 0;  ///< E_min, in tokens
  };

  /// Throws `headwise::error` unless both are positive.
  constexpr explicit classical_curve(const parameters& p) : p_(p) {
    detail::require_positive(p.steps_min, "steps_min");
    detail::require_positive(p.tokens_min, "tokens_min");
  }

  constexpr double tokens(double steps) const {
    return steps > p_.steps_min ? p_.tokens_min * steps / (steps - p_.steps_min) : infinity;
  }
  constexpr double slope(double steps) const {
    const double beyond = steps - p_.steps_min;
    return beyond > 0 ? -p_.tokens_min * p_.steps_min / (beyond * beyond) : -infinity;
  }
  constexpr double steps(double batch) const { return batch > 0 ? p_.steps_min + p_.tokens_min / batch : infinity; }

  /// No threshold, and no best batch size: tokens fall all the way to a batch of nothing.
  static constexpr double batch_min() { return 0; }
  static constexpr double batch_opt() { return 0; }
  static constexpr double steps_opt() { return infinity; }
  constexpr double steps_min() const { return p_.steps_min; }
  constexpr double tokens_min() const { return p_.tokens_min; }

  /// B_crit = E_min / S_min: twice the fewest tokens, twice the fewest steps.
  constexpr double critical_batch() const { return p_.tokens_min / p_.steps_min; }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  parameters p_;
};

}  // namespace headwise::wsd
