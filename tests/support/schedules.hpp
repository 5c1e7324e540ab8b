// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/schedule_settings.hpp"
#include "support/iso_loss_curves.hpp"
#include "support/random.hpp"

namespace headwise::test {

inline std::vector<std::int64_t> batches_of(const wsd::batch_schedule& schedule) {
  std::vector<std::int64_t> batches;
  for (const wsd::batch_stage& stage : schedule.stages) batches.push_back(stage.batch);
  return batches;
}

/// Laws whose best batches are those of real runs.
inline wsd::additive_law random_trained_law(random_numbers& random) {
  return wsd::additive_law({.loss_floor = 1.7,
                            .signal = between_in_log(random, 1, 1e3),
                            .signal_exponent = between_in_log(random, 0.3, 1),
                            .noise = between_in_log(random, 1, 1e4),
                            .noise_exponent = between_in_log(random, 0.5, 1)});
}

/// Any settings that fit together for a run of the law.
inline wsd::schedule_settings random_settings(random_numbers& random) {
  wsd::schedule_settings s;
  s.total_tokens = static_cast<std::int64_t>(between_in_log(random, 1e7, 1e16));
  s.granularity = random.between(1, 1 << 12);
  s.smallest_rise = 0.2 * random.unit();
  s.margin = 0.5 * random.unit();
  s.integer_factors = random.between(0, 1) == 1;
  s.powers_of_two = random.between(0, 2) == 0;
  // Whole factors above 1 are at least 2, and a bound may ask for the next one.
  s.largest_ratio = 4 + random.unit();
  if (random.between(0, 1) == 1) s.interval = s.total_tokens / random.between(1, 20) + 1;
  if (random.between(0, 1) == 1) s.smallest_dwell = s.total_tokens / random.between(4, 40);
  if (s.interval == 0)
    for (std::int64_t rung = s.granularity; rung < s.total_tokens; rung *= 2) s.ladder.push_back(rung);
  return s;
}

}  // namespace headwise::test
