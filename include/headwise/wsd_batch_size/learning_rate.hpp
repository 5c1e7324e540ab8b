// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/core/error.hpp"

namespace headwise::wsd {

/// The learning rate of a Warmup-Stable-Decay run: it rises linearly over the warm-up, stays at its peak, and falls
/// linearly over the decay, so that the update after the last one would have the rate 0.
struct learning_rate_schedule {
  double peak = 0;
  std::int64_t warm_up_steps = 0;
  std::int64_t stable_steps = 0;
  std::int64_t decay_steps = 0;

  constexpr std::int64_t steps() const { return warm_up_steps + stable_steps + decay_steps; }

  /// The rate of update `step`, counted from 1.
  constexpr double at(std::int64_t step) const {
    if (step <= warm_up_steps) return peak * (static_cast<double>(step) / static_cast<double>(warm_up_steps));
    const std::int64_t left = steps() + 1 - step;
    if (left > decay_steps) return peak;
    return peak * (static_cast<double>(std::max<std::int64_t>(left, 0)) / static_cast<double>(decay_steps + 1));
  }
};

/// A run of `steps` updates, of which `warm_up_steps` warm up and `decay_steps` decay. Throws `headwise::error` unless
/// both fit into it.
inline learning_rate_schedule warmup_stable_decay(double peak, std::int64_t steps, std::int64_t warm_up_steps,
                                                  std::int64_t decay_steps) {
  headwise::detail::require(warm_up_steps >= 0, "warm_up_steps", warm_up_steps, "zero or more");
  headwise::detail::require(decay_steps >= 0, "decay_steps", decay_steps, "zero or more");
  headwise::detail::require(
      steps >= warm_up_steps + decay_steps, "steps", steps,
      headwise::detail::words("at least those of warm-up and decay, ", warm_up_steps + decay_steps));
  return {peak, warm_up_steps, steps - warm_up_steps - decay_steps, decay_steps};
}

}  // namespace headwise::wsd
