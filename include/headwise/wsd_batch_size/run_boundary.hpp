// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"

namespace headwise::wsd {

/// A place in a run, such as the end of the warm-up or the start of the decay, in all units.
struct run_boundary {
  std::int64_t steps = 0;
  std::int64_t tokens = 0;
  std::int64_t samples = 0;

  bool operator==(const run_boundary&) const = default;
};

// Behind its end a run goes on with its last batch, so that the total of a schedule's settings, which its whole steps
// may miss, lies in it.

/// Where a run is behind so many steps. Throws `headwise::error` if there is no such place, or if a batch is no whole
/// number of samples.
inline run_boundary boundary_at_steps(const batch_schedule& schedule, std::int64_t steps,
                                      std::int64_t sequence_length) {
  using headwise::detail::require;
  using headwise::detail::words;
  require(!schedule.stages.empty(), "schedule", "empty", "at least one stage");
  require(steps >= 0, "steps", steps, "zero or more");
  const batch_stage& last = schedule.stages.back();
  const std::int64_t most_steps =
      last.first_step + (most_tokens - std::min(last.first_token, most_tokens)) / last.batch + 1;
  require(steps <= most_steps || steps <= schedule.steps(), "steps", steps,
          words("at most ", most_steps, ", which is as many tokens as can be counted"));
  run_boundary place;
  for (const batch_stage& stage : schedule.stages) {
    const std::int64_t end = &stage == &last ? steps : std::min(steps, stage.end_step());
    const std::int64_t taken = end - place.steps;
    place.samples += taken * batch_in_samples(stage, sequence_length);
    place.tokens += taken * stage.batch;
    place.steps = end;
    if (end == steps) break;
  }
  return place;
}

/// The end of the first step by which a run has seen so many tokens. Throws `headwise::error` as for steps.
inline run_boundary boundary_at_tokens(const batch_schedule& schedule, std::int64_t tokens,
                                       std::int64_t sequence_length) {
  using headwise::detail::require;
  require(!schedule.stages.empty(), "schedule", "empty", "at least one stage");
  require(tokens >= 0, "tokens", tokens, "zero or more");
  require(tokens <= most_tokens, "tokens", tokens, headwise::detail::words("at most ", most_tokens));
  const batch_stage* here = &schedule.stages.front();
  for (const batch_stage& stage : schedule.stages)
    if (stage.first_token < tokens) here = &stage;
  const std::int64_t left = tokens - here->first_token;
  const std::int64_t steps = left / here->batch + (left % here->batch > 0 ? 1 : 0);
  return boundary_at_steps(schedule, here->first_step + steps, sequence_length);
}

/// The same for samples.
inline run_boundary boundary_at_samples(const batch_schedule& schedule, std::int64_t samples,
                                        std::int64_t sequence_length) {
  using headwise::detail::require;
  using headwise::detail::words;
  require(sequence_length > 0, "sequence_length", sequence_length, "a positive number");
  require(samples >= 0, "samples", samples, "zero or more");
  require(samples <= most_tokens / sequence_length, "samples", samples,
          words("at most ", most_tokens / sequence_length));
  return boundary_at_tokens(schedule, samples * sequence_length, sequence_length);
}

}  // namespace headwise::wsd
