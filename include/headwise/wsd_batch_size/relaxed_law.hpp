// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/additive_law.hpp"

namespace headwise::wsd {

/// A run that an additive law describes, with any batches: its signal is a S^-alpha of all its steps, and its noise
/// comes from that of the batch before to c B^-beta by the factor exp(-1 / time constant) a step. It begins at the
/// noise of its first batch, so that runs of constant batch size follow the law itself.
class relaxed_law {
 public:
  /// The time constant counts steps; with 0 the noise follows at once. Throws `headwise::error` if it is negative.
  relaxed_law(const additive_law& law, double time_constant) : p_(law.numbers()), time_constant_(time_constant) {
    headwise::detail::require(time_constant >= 0, "time_constant", time_constant, "zero or more");
  }

  /// Goes on for `steps` with batches of `batch` tokens.
  void advance(double steps, double batch) {
    const double settled = p_.noise * std::pow(batch, -p_.noise_exponent);
    const bool at_once = steps_ == 0 || time_constant_ == 0;
    noise_ = at_once ? settled : settled + (noise_ - settled) * std::exp(-steps / time_constant_);
    steps_ += steps;
  }

  /// The loss now, in nats; infinite before the first step.
  double loss() const { return p_.loss_floor + p_.signal * std::pow(steps_, -p_.signal_exponent) + noise_; }

 private:
  additive_law::parameters p_;
  double time_constant_;
  double steps_ = 0;
  double noise_ = 0;
};

}  // namespace headwise::wsd
