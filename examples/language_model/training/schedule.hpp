// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <headwise/wsd_batch_size/learning_rate.hpp>
#include <string>
#include <string_view>

#include "program_support/usage_error.hpp"

namespace language_model {

/// How the learning rate goes on after its warm-up: `constant` stays at the peak, `wsd` (warm-up, stable, decay) falls
/// to zero over the last fifth of the steps.
enum class schedule_kind { constant, wsd };

inline std::string_view name_of(schedule_kind kind) { return kind == schedule_kind::wsd ? "wsd" : "constant"; }

inline schedule_kind schedule_named(std::string_view name) {
  for (const schedule_kind kind : {schedule_kind::constant, schedule_kind::wsd})
    if (name_of(kind) == name) return kind;
  throw program::usage_error("--schedule " + std::string(name) + " is unknown; choose constant or wsd");
}

/// The learning rate of every step. The warm-up is long enough for AdamW's averages to settle, and at most a tenth of
/// the run.
inline headwise::wsd::learning_rate_schedule schedule_of(schedule_kind kind, double peak_rate, std::int64_t steps) {
  const std::int64_t warm_up_steps = std::min<std::int64_t>(50, steps / 10);
  const std::int64_t decay_steps = kind == schedule_kind::wsd ? steps / 5 : 0;
  return headwise::wsd::warmup_stable_decay(peak_rate, steps, warm_up_steps, decay_steps);
}

}  // namespace language_model
