// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace language_model {

/// One row of the training log: the mean loss of the steps since the row before, and the rate of the last of them.
struct log_row {
  std::int64_t step = 0;
  std::int64_t tokens = 0;
  double loss = 0;
  double learning_rate = 0;
};

/// One point of the learning curve: the loss on a sample of held-out bytes, and the mean training loss since the point
/// before.
struct curve_point {
  std::int64_t step = 0;
  std::int64_t tokens = 0;
  double held_out_loss = 0;
  double training_loss = 0;
};

/// The mean of what was added since it was last taken.
struct running_mean {
  double sum = 0;
  std::int64_t count = 0;

  void add(double value) {
    sum += value;
    ++count;
  }
  double take() {
    const double mean = sum / double(count);
    *this = {};
    return mean;
  }
};

/// What a training run has gone through so far; with parameters and moments, all that it needs to go on.
struct training_record {
  std::int64_t step = 0;
  /// Spent on training steps alone.
  double seconds = 0;
  std::vector<log_row> log;
  std::vector<curve_point> curve;
  running_mean since_log;
  running_mean since_point;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(log_row, step, tokens, loss, learning_rate)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(curve_point, step, tokens, held_out_loss, training_loss)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(running_mean, sum, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(training_record, step, seconds, log, curve, since_log, since_point)

}  // namespace language_model
