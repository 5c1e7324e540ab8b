// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// What one run of constant batch size says about a target loss.
struct measurement {
  double batch = 0;         ///< B, in tokens per step
  double steps = 0;         ///< S at which the run first reached the loss, or its last step if it never did
  double deviation = 0.02;  ///< standard deviation of ln S
  bool reached = true;      ///< false: the loss was not reached by `steps`

  double tokens() const { return batch * steps; }
};

/// What all runs say about one loss.
struct target_measurements {
  double loss = 0;  ///< in nats
  std::vector<measurement> points;
};

/// The different batch sizes of runs that reached the loss, ascending.
inline std::vector<double> reached_batches(std::span<const measurement> points) {
  std::vector<double> batches;
  for (const measurement& point : points)
    if (point.reached) batches.push_back(point.batch);
  std::sort(batches.begin(), batches.end());
  batches.erase(std::unique(batches.begin(), batches.end()), batches.end());
  return batches;
}

/// The smallest batch size that reached the loss: B_min lies below it.
inline double smallest_reached_batch(std::span<const measurement> points) {
  double smallest = std::numeric_limits<double>::infinity();
  for (const measurement& point : points)
    if (point.reached) smallest = std::min(smallest, point.batch);
  return smallest;
}

/// The deviation of ln S that repeats of batch sizes show, pooled over them; nothing if there are none.
inline std::optional<double> deviation_of_repeats(std::span<const measurement> points) {
  double squares = 0;
  std::size_t freedom = 0;
  for (const double batch : reached_batches(points)) {
    std::vector<double> repeats;
    for (const measurement& point : points)
      if (point.reached && point.batch == batch) repeats.push_back(std::log(point.steps));
    double mean = 0;
    for (const double repeat : repeats) mean += repeat / static_cast<double>(repeats.size());
    for (const double repeat : repeats) squares += (repeat - mean) * (repeat - mean);
    freedom += repeats.size() - 1;
  }
  if (freedom == 0 || squares == 0) return std::nullopt;
  return std::sqrt(squares / static_cast<double>(freedom));
}

/// Throws `headwise::error` unless all numbers are positive and finite and enough different batch sizes reached the
/// loss.
inline void check_measurements(std::span<const measurement> points, std::size_t fewest_batches) {
  for (const measurement& point : points) {
    detail::require_positive(point.batch, "batch");
    detail::require_positive(point.steps, "steps");
    detail::require_positive(point.deviation, "deviation");
  }
  const std::size_t batches = reached_batches(points).size();
  headwise::detail::require(batches >= fewest_batches, "points",
                            headwise::detail::words("of ", batches, " batch sizes that reached the loss"),
                            headwise::detail::words("at least ", fewest_batches));
}

}  // namespace headwise::wsd
