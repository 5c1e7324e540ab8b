// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// E_min(L) inverted: the loss, in nats, to which D tokens lead at the best constant batch size, B_opt(D). Throws
/// `headwise::error` unless the tokens are positive.
inline double loss_of_tokens(const additive_law& law, double tokens) {
  detail::require_positive(tokens, "tokens");
  const double batch = law.batch_opt_of_tokens(tokens);
  return law.loss(tokens / batch, batch);
}

/// B_min(D): the smallest batch size that ever reaches the loss to which D tokens lead at the best constant batch size.
/// It is the same part of B_opt(D) at all tokens. Throws `headwise::error` unless the tokens are positive.
inline double batch_min_of_tokens(const additive_law& law, double tokens) {
  detail::require_positive(tokens, "tokens");
  const double beta = law.numbers().noise_exponent;
  return law.batch_opt_of_tokens(tokens) * std::pow(1 + beta / law.numbers().signal_exponent, -1 / beta);
}

/// The batch size behind D tokens of a run whose batch is, all along, B_opt(L) of the loss L that it has reached
/// itself. Its earlier batches were smaller, so that it has taken more steps than a constant run: from B ~
/// S^(alpha/beta) and dD = B dS, its batch is B_opt(D) times (1 + alpha/beta)^(alpha/(alpha + beta)). Throws
/// `headwise::error` unless the tokens are positive.
inline double followed_batch_of_tokens(const additive_law& law, double tokens) {
  detail::require_positive(tokens, "tokens");
  const double alpha = law.numbers().signal_exponent;
  const double beta = law.numbers().noise_exponent;
  return std::pow(1 + alpha / beta, alpha / (alpha + beta)) * law.batch_opt_of_tokens(tokens);
}

/// The power law of loss and tokens, L(D) = (D_c / D)^alpha + L_0, for runs of which nothing else is known.
class power_law {
 public:
  /// The three numbers of the law.
  struct parameters {
    double critical_tokens = 0;  ///< D_c: so many tokens end one nat above the floor
    double exponent = 0;         ///< alpha
    double loss_floor = 0;       ///< L_0, in nats
  };

  /// Throws `headwise::error` unless all but the floor are positive.
  constexpr explicit power_law(const parameters& p) : p_(p) {
    detail::require_positive(p.critical_tokens, "critical_tokens");
    detail::require_positive(p.exponent, "exponent");
  }

  constexpr const parameters& numbers() const { return p_; }

  /// L(D), in nats. Throws `headwise::error` unless the tokens are positive.
  double loss(double tokens) const {
    detail::require_positive(tokens, "tokens");
    return std::pow(p_.critical_tokens / tokens, p_.exponent) + p_.loss_floor;
  }

  /// D(L). Throws `headwise::error` unless the loss lies above the floor.
  double tokens(double loss) const {
    detail::require_below(p_.loss_floor, "loss_floor", loss, "loss");
    return p_.critical_tokens * std::pow(loss - p_.loss_floor, -1 / p_.exponent);
  }

 private:
  parameters p_;
};

}  // namespace headwise::wsd
