// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "input/logged_run.hpp"

namespace wsd_batch_size {

/// Which lines of a run were left out because they stand outside its stable phase.
struct stable_phase {
  std::optional<double> learning_rate;
  std::size_t before = 0;  ///< in the warm-up, if the learning rate told
  std::size_t behind = 0;  ///< in the decay, if the learning rate told
  std::size_t other = 0;   ///< in other phases, if the log named them
  bool rates_differ = false;
};

/// Lines without a learning rate have that of the line before them: logs of validation often lack it.
void fill_learning_rates(log_lines& lines);

/// Leaves the stable phase: lines of other phases go. Where no phase is named, the longest stretch at the learning rate
/// that is the most frequent stays. Steps and tokens stay as they are: they count from the start of the training.
stable_phase keep_stable_phase(log_lines& lines, double tolerance);

}  // namespace wsd_batch_size
