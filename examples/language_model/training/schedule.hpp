// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "usage_error.hpp"

namespace language_model {

/// How the learning rate goes on after its warm-up: `constant` stays at the peak, `wsd` (warm-up, stable, decay) falls
/// to zero over the last fifth of the steps.
enum class schedule_kind { constant, wsd };

inline std::string_view name_of(schedule_kind kind) { return kind == schedule_kind::wsd ? "wsd" : "constant"; }

inline schedule_kind schedule_named(std::string_view name) {
  for (const schedule_kind kind : {schedule_kind::constant, schedule_kind::wsd})
    if (name_of(kind) == name) return kind;
  throw usage_error("--schedule " + std::string(name) + " is unknown; choose constant or wsd");
}

/// The learning rate of every step.
struct schedule {
  schedule_kind kind = schedule_kind::wsd;
  double peak_rate = 2e-3;
  std::int64_t steps = 0;

  /// Long enough for AdamW's averages to settle, at most a tenth of the run.
  std::int64_t warm_up_steps() const { return std::min<std::int64_t>(50, steps / 10); }
  std::int64_t decay_steps() const { return kind == schedule_kind::wsd ? steps / 5 : 0; }

  /// Of the `step`-th update, counted from 1.
  double rate(std::int64_t step) const {
    const double warm = warm_up_steps() > 0 ? double(step) / double(warm_up_steps()) : 1;
    const double left = decay_steps() > 0 ? double(steps + 1 - step) / double(decay_steps() + 1) : 1;
    return peak_rate * std::min({1.0, warm, left});
  }
};

}  // namespace language_model
