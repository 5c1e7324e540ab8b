// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// A training run that knows its loss. Copies go on by themselves.
template <typename Process>
concept training_process = std::copyable<Process> && requires(Process& process, const Process& now, double x) {
  process.advance(x, x);                   // so many steps with batches of so many tokens
  { now.loss() } -> std::same_as<double>;  // in nats
};

/// Where a run is at the end of a stage.
struct simulated_stage {
  std::int64_t tokens = 0;  ///< of the run so far
  std::int64_t steps = 0;   ///< of the run so far
  double loss = 0;          ///< in nats
};

/// Runs a process through a schedule. Throws what the process throws.
template <training_process Process>
std::vector<simulated_stage> simulate(Process process, const batch_schedule& schedule) {
  std::vector<simulated_stage> stages;
  for (const batch_stage& stage : schedule.stages) {
    process.advance(static_cast<double>(stage.steps), static_cast<double>(stage.batch));
    stages.push_back({stage.end_token(), stage.end_step(), process.loss()});
  }
  return stages;
}

/// The hours that a schedule takes where `throughput(B)` tokens per second are trained with batches of B tokens. A
/// batch_table with batches for its tokens and throughputs for its batches is such a function. Throws `headwise::error`
/// unless throughputs are positive.
template <typename Throughput>
double hours_of(const batch_schedule& schedule, const Throughput& throughput) {
  constexpr double seconds_of_hour = 3600;
  double seconds = 0;
  for (const batch_stage& stage : schedule.stages) {
    const double speed = throughput(static_cast<double>(stage.batch));
    detail::require_positive(speed, "throughput");
    seconds += static_cast<double>(stage.tokens()) / speed;
  }
  return seconds / seconds_of_hour;
}

}  // namespace headwise::wsd
