// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "model/model_settings.hpp"
#include "training/schedule.hpp"

namespace language_model {

/// All that decides what the training of one model gives. The number of threads is not among it.
struct run_settings {
  std::string variant;
  model_settings model;
  std::int64_t context = 128;
  std::int64_t batch = 16;
  std::int64_t steps = 500;
  double learning_rate = 2e-3;
  schedule_kind schedule = schedule_kind::wsd;
  /// The hash of the text.
  std::string text;

  std::int64_t tokens_per_step() const { return batch * context; }
};

}  // namespace language_model
