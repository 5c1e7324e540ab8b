// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/synthetic_runs.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "headwise/wsd_batch_size/smoothed_curve.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"
#include "support/random.hpp"

namespace headwise::test {

double no_noise() { return 0; }

TEST_CASE("batch sizes lie in equal ratios between two") {
  const wsd::numbers batches = wsd::batches_between(1, 8, 4);
  REQUIRE(batches.size() == 4);
  for (std::size_t i = 0; i < batches.size(); ++i) CHECK(relative_error(batches[i], std::pow(2.0, double(i))) < 1e-12);
  CHECK(refuses([] { wsd::batches_between(8, 1, 4); }, "lowest", "8", "less than highest, 1"));
  CHECK(refuses([] { wsd::batches_between(1, 8, 1); }, "count", "1", "at least 2"));
}

TEST_CASE("without noise measurements lie on their curve, and batches below the smallest give none") {
  const auto points = wsd::synthetic_measurements(smooth_truth, {1e5, 2e6, 4e6}, 0, no_noise);
  REQUIRE(points.size() == 2);
  for (const wsd::measurement& point : points) CHECK(point.steps == smooth_truth.steps(point.batch));
}

TEST_CASE("the noise of logs has the deviation and the memory that it shall have") {
  random_numbers random(5);
  const auto normal = [&] { return static_cast<double>(random.normal()); };
  constexpr double batch = 1e4;
  const wsd::log_noise noise{.slow = 0.3, .kept = 0.9, .sampling = 40};  // 0.4 a line
  const wsd::loss_curve log = wsd::synthetic_log([](double, double) { return 2.0; }, batch, 1e5, 1, noise, normal);
  REQUIRE(log.steps.size() == 100000);
  double variance = 0;
  double neighbours = 0;
  for (std::size_t i = 0; i + 1 < log.losses.size(); ++i) {
    variance += (log.losses[i] - 2) * (log.losses[i] - 2);
    neighbours += (log.losses[i] - 2) * (log.losses[i + 1] - 2);
  }
  const double lines = 1e5;
  CHECK(std::fabs(variance / lines - (0.09 + 0.16)) < 0.01);
  CHECK(std::fabs(neighbours / lines - 0.9 * 0.09) < 0.01);
}

TEST_CASE("where noise decays as the signal does, every loss has a hyperbola") {
  const wsd::decaying_noise_law law(
      wsd::additive_law({.loss_floor = 2, .signal = 4000, .signal_exponent = 1, .noise = 4e9, .noise_exponent = 1}), 1);
  for (const double above : {0.1, 0.7}) {
    const wsd::classical_curve curve({.steps_min = 4000 / above, .tokens_min = 4e9 / above});
    for (const double batch : {1e5, 3e6}) CHECK(relative_error(law.loss(curve.steps(batch), batch), 2 + above) < 1e-12);
  }
}

}  // namespace headwise::test
