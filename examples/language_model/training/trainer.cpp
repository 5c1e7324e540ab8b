// SPDX-License-Identifier: Apache-2.0
#include "training/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "program_support/usage_error.hpp"
#include "training/windows.hpp"

namespace language_model {
namespace {

constexpr double largest_gradient_norm = 1;

/// So many rows and points at most, however long the run.
constexpr std::int64_t log_rows = 1000;
constexpr std::int64_t curve_points = 20;

/// Points of the curve are measured on so many windows; the loss that is reported at the end is on all.
constexpr std::size_t curve_windows = 128;

bool is_due(std::int64_t step, std::int64_t steps, std::int64_t times) {
  const std::int64_t interval = std::max<std::int64_t>(1, (steps + times - 1) / times);
  return step % interval == 0 || step == steps;
}

}  // namespace

trainer::trainer(byte_model& model, const corpus& text, const run_settings& settings)
    : model_(model),
      text_(text),
      settings_(settings),
      schedule_(schedule_of(settings.schedule, settings.learning_rate, settings.steps)),
      parameters_(model.parameters()),
      optimizer_(parameters_) {}

void trainer::step() {
  const auto start = std::chrono::steady_clock::now();
  update();
  record_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  keep_record();
}

void trainer::update() {
  const std::int64_t step = ++record_.step;
  for (const auto& view : parameters_) std::fill(view.gradient.begin(), view.gradient.end(), 0.0F);
  last_loss_ = model_.loss_and_gradients(
      training_batch(text_.training(), settings_.batch, settings_.context, settings_.model.seed, step));
  const double norm = global_gradient_norm(parameters_);
  if (!std::isfinite(last_loss_) || !std::isfinite(norm))
    throw program::usage_error("training of " + settings_.variant + " diverged at step " + std::to_string(step) +
                               "; choose a lower --learning-rate");
  optimizer_.update(parameters_, step, schedule_.at(step),
                    norm > largest_gradient_norm ? largest_gradient_norm / norm : 1);
}

void trainer::keep_record() {
  const std::int64_t step = record_.step;
  const std::int64_t tokens = step * settings_.tokens_per_step();
  record_.since_log.add(last_loss_);
  record_.since_point.add(last_loss_);
  if (is_due(step, settings_.steps, log_rows))
    record_.log.push_back({step, tokens, record_.since_log.take(), schedule_.at(step)});
  if (is_due(step, settings_.steps, curve_points)) {
    const double held_out = mean_loss(model_, text_.held_out(), settings_.batch, settings_.context, curve_windows);
    record_.curve.push_back({step, tokens, held_out, record_.since_point.take()});
  }
}

}  // namespace language_model
