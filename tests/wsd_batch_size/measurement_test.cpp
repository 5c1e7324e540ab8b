// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/measurement.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/compare.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

TEST_CASE("repeats of batch sizes tell their deviation, whatever lies between batch sizes") {
  // ln S is off by 0.1 to either side of its mean twice, with one degree of freedom each.
  const measurements points{
      {1e6, 1000 * std::exp(0.1)}, {1e6, 1000 * std::exp(-0.1)}, {2e6, 500}, {4e6, 300}, {4e6, 300}};
  const double expected = std::sqrt(2 * 0.01 / 2);
  CHECK(relative_error(wsd::deviation_of_repeats(points).value_or(0), expected) < 1e-12);
}

TEST_CASE("without repeats, or with equal ones, nothing is known of the deviation") {
  CHECK(!wsd::deviation_of_repeats(measurements{{1e6, 1000}, {2e6, 600}}));
  CHECK(!wsd::deviation_of_repeats(measurements{{1e6, 1000}, {1e6, 1000}}));
  CHECK(!wsd::deviation_of_repeats(measurements{}));
  // Runs that failed are no repeats.
  CHECK(!wsd::deviation_of_repeats(measurements{{1e6, 1000}, {.batch = 1e6, .steps = 2000, .reached = false}}));
}

TEST_CASE("from many repeats the deviation of the noise is known") {
  measurements points;
  for (std::uint64_t repeat = 1; repeat <= 40; ++repeat)
    for (const wsd::measurement& point : measured(smooth_truth, 1e6, 1e7, 5, 0.03, repeat)) points.push_back(point);
  CHECK(relative_error(wsd::deviation_of_repeats(points).value_or(0), 0.03) < 0.15);
}

}  // namespace headwise::test
