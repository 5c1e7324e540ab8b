// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/measurement.hpp"
#include "support/random.hpp"

namespace headwise::test {

using measurements = std::vector<wsd::measurement>;

/// What a curve says at batch sizes in equal ratios, with normal noise on ln S.
template <typename Curve>
measurements measured(const Curve& curve, double lowest, double highest, int count, double noise = 0,
                      std::uint64_t seed = 1) {
  random_numbers random(seed);
  measurements points;
  for (int i = 0; i < count; ++i) {
    const double batch = lowest * std::pow(highest / lowest, double(i) / (count - 1));
    const double steps = curve.steps(batch) * std::exp(noise * static_cast<double>(random.normal()));
    points.push_back({.batch = batch, .steps = steps, .deviation = noise > 0 ? noise : 0.01});
  }
  return points;
}

inline double relative_error(double value, double expected) { return std::fabs(value / expected - 1); }

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace headwise::test
