// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/byte_model.hpp"
#include "text/corpus.hpp"
#include "training/adamw.hpp"
#include "training/run_settings.hpp"
#include "training/schedule.hpp"
#include "training/training_record.hpp"

namespace language_model {

/// Trains one model: cross-entropy, AdamW, gradients clipped by their global norm, a learning rate from a schedule.
/// Everything that happens depends on the settings alone.
class trainer {
 public:
  /// Model and text must outlive the trainer.
  trainer(byte_model& model, const corpus& text, const run_settings& settings);

  bool finished() const { return record_.step >= settings_.steps; }

  /// One training step; where they are due, a row of the log and a point of the curve.
  void step();

  const run_settings& settings() const { return settings_; }
  std::int64_t steps_done() const { return record_.step; }
  double last_loss() const { return last_loss_; }
  double tokens_per_second() const {
    return record_.seconds > 0 ? double(record_.step * settings_.tokens_per_step()) / record_.seconds : 0;
  }

  // The state of the run, for checkpoints.
  const std::vector<parameter_view<float>>& parameters() const { return parameters_; }
  adamw& optimizer() { return optimizer_; }
  training_record& record() { return record_; }

 private:
  void update();
  void keep_record();

  byte_model& model_;
  const corpus& text_;
  run_settings settings_;
  headwise::wsd::learning_rate_schedule schedule_;
  std::vector<parameter_view<float>> parameters_;
  adamw optimizer_;
  training_record record_;
  double last_loss_ = 0;
};

}  // namespace language_model
