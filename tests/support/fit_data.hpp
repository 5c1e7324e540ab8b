// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/classical_curve.hpp"
#include "headwise/wsd_batch_size/laurent_curve.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/piecewise_curve.hpp"
#include "headwise/wsd_batch_size/synthetic_runs.hpp"
#include "support/random.hpp"

namespace headwise::test {

using measurements = std::vector<wsd::measurement>;

// What fits have to find.

inline constexpr wsd::classical_curve classical_truth({.steps_min = 8000, .tokens_min = 20e9});
inline constexpr wsd::laurent_curve smooth_truth(
    {.steps_min = 8000, .steps_opt = 20000, .tokens_min = 40e9, .batch_min = 0.9e6});
/// With its join before the smooth one.
inline constexpr wsd::piecewise_curve published_truth({.steps_min = 8000,
                                                       .steps_pole = 14000,
                                                       .steps_opt = 20000,
                                                       .steps_tail = 36000,
                                                       .tokens_min = 40e9,
                                                       .batch_min = 1.1e6});
/// With its join where M2 takes it to be.
inline constexpr wsd::piecewise_curve smooth_join_truth({.steps_min = 8000,
                                                         .steps_pole = 16000,
                                                         .steps_opt = 20000,
                                                         .steps_tail = 36000,
                                                         .tokens_min = 40e9,
                                                         .batch_min = 1.1e6});

/// What a curve says at batch sizes in equal ratios, with normal noise on ln S.
template <typename Curve>
measurements measured(const Curve& curve, double lowest, double highest, std::size_t count, double noise = 0,
                      std::uint64_t seed = 1) {
  random_numbers random(seed);
  return wsd::synthetic_measurements(curve, wsd::batches_between(lowest, highest, count), noise,
                                     [&] { return static_cast<double>(random.normal()); });
}

inline double relative_error(double value, double expected) { return std::fabs(value / expected - 1); }

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace headwise::test
