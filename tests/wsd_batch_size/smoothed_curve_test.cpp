// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/smoothed_curve.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "headwise/wsd_batch_size/fit_law.hpp"
#include "headwise/wsd_batch_size/noisy_quadratic_runs.hpp"
#include "headwise/wsd_batch_size/synthetic_runs.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

/// A run whose loss falls as 2 + 10 / sqrt(S), with normal noise.
wsd::loss_curve falling_run(double noise, std::uint64_t seed = 1, double last = 10000) {
  random_numbers random(seed);
  wsd::loss_curve curve{"a", 1e6, {}, {}};
  for (double step = 10; step <= last; step += 10) {
    curve.steps.push_back(step);
    curve.losses.push_back(2 + 10 / std::sqrt(step) + noise * static_cast<double>(random.normal()));
  }
  return curve;
}

double exact_steps(double loss) { return std::pow(10 / (loss - 2), 2); }

TEST_CASE("without noise a passage is where the curve is") {
  const wsd::smoothed_curve curve(falling_run(0));
  for (const double loss : {2.5, 2.3, 2.15, 2.11}) {
    const wsd::first_passage found = curve.at(loss);
    CHECK(found.point.reached);
    CHECK(!found.fragile);
    // A line across the window is above a convex curve, and the curve is then later: by half its curvature there.
    CHECK(relative_error(found.point.steps, exact_steps(loss)) < 0.002);
  }
}

TEST_CASE("with noise a passage is as near as its deviation says") {
  constexpr int draws = 200;
  int within_two = 0;
  double squares = 0;
  for (std::uint64_t draw = 1; draw <= draws; ++draw) {
    const wsd::first_passage found = wsd::smoothed_curve(falling_run(0.02, draw)).at(2.2);
    const double error = std::log(found.point.steps / exact_steps(2.2)) / found.point.deviation;
    if (std::fabs(error) < 2) ++within_two;
    squares += error * error;
  }
  MESSAGE("within two deviations: ", within_two, " of ", draws, ", root mean square ", std::sqrt(squares / draws));
  CHECK(within_two >= draws * 85 / 100);
  CHECK(std::sqrt(squares / draws) > 0.6);
}

TEST_CASE("a run that never came down to the loss says so, with its last step") {
  const wsd::first_passage found = wsd::smoothed_curve(falling_run(0)).at(2.05);
  CHECK(!found.point.reached);
  CHECK(found.point.steps == 10000);
  CHECK(found.point.batch == 1e6);
}

TEST_CASE("a loss that was reached at the very end is fragile") {
  CHECK(wsd::smoothed_curve(falling_run(0)).at(2 + 10 / std::sqrt(9900)).fragile);
  CHECK(!wsd::smoothed_curve(falling_run(0)).at(2 + 10 / std::sqrt(9000)).fragile);
}

TEST_CASE("a loss of the first lines, and logs that are none, are refused by name") {
  const wsd::smoothed_curve curve(falling_run(0));
  CHECK(refuses([&] { curve.at(4); }, "loss", "4",
                "less than 2.56838457, where the run of batch 1000000 stands behind the first lines of its log"));
  auto run = falling_run(0);
  run.losses[50] = std::numeric_limits<double>::quiet_NaN();
  CHECK(refuses([&] { wsd::smoothed_curve{run}; }, "curve", "run a with loss nan", "finite losses"));
  run = falling_run(0);
  run.steps[50] = 20;
  CHECK(refuses([&] { wsd::smoothed_curve{run}; }, "curve", "run a with step 20 behind step 500", "ascending steps"));
  run = falling_run(0, 1, 300);
  CHECK(refuses([&] { wsd::smoothed_curve{run}; }, "curve", "run a of 30 lines", "at least 40"));
  run = falling_run(0);
  run.batch = 0;
  CHECK(refuses([&] { wsd::smoothed_curve{run}; }, "batch", "0", "a positive number"));
}

/// No model has the truth of these curves.
TEST_CASE("from noisy logs of a noisy quadratic the law finds the best batch to six percent") {
  const wsd::noisy_quadratic_runs truth;
  const double losses[] = {2.10, 2.00, 1.93, 1.88, 1.84};
  const auto loss_of = [&](double steps, double batch) { return truth.loss(steps, batch); };
  std::vector<wsd::smoothed_curve> curves;
  std::uint64_t seed = 100;
  for (const double batch : wsd::batches_between(0.25e6, 16e6, 13)) {
    random_numbers random(seed++);
    curves.emplace_back(wsd::synthetic_log(loss_of, batch, 1e5, 10, {}, [&] { return double(random.normal()); }));
  }
  const std::vector<wsd::target_measurements> targets = wsd::passages_of(curves, losses);
  const wsd::additive_law law = wsd::fit_law(targets).law;
  for (const wsd::target_measurements& target : targets) {
    CAPTURE(target.loss);
    const auto reached = wsd::reached_batches(target.points).size();
    const double expected = truth.batch_opt(target.loss, 1e5, 3e7);
    const double error = law.at(target.loss).batch_opt() / expected - 1;
    MESSAGE("reached by ", reached, ", B_opt ", expected, ", error ", error);
    if (reached >= 9) CHECK(std::fabs(error) <= 0.06);
  }
  CHECK(relative_error(law.numbers().signal_exponent, 0.5) < 0.25);
  CHECK(relative_error(law.numbers().noise_exponent, 1) < 0.25);
}

TEST_CASE("runs that stand below a loss from the first lines on are left out of it") {
  std::vector<wsd::smoothed_curve> runs{wsd::smoothed_curve(falling_run(0))};
  auto late = falling_run(0);
  for (double& step : late.steps) step += 1000;
  for (double& loss : late.losses) loss -= 0.5;
  runs.emplace_back(late);
  const double losses[] = {2.3, 2.05};
  const auto targets = wsd::passages_of(runs, losses);
  REQUIRE(targets.size() == 2);
  CHECK(targets[0].points.size() == 1);
  CHECK(targets[1].points.size() == 2);
}

TEST_CASE("redrawn runs scatter about the course as their noise would") {
  constexpr int runs = 20;
  constexpr int draws = 50;
  double ratios = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const wsd::smoothed_curve run(falling_run(0.02, seed));
    const double there = run.at(2.2).point.steps;
    std::mt19937_64 generator(seed);
    double squares = 0;
    for (int draw = 0; draw < draws; ++draw)
      squares += std::pow(std::log(run.redrawn(generator).at(2.2).point.steps / there), 2);
    ratios += std::sqrt(squares / draws) / run.at(2.2).point.deviation / runs;
  }
  MESSAGE("deviation of draws over the one that passages state: ", ratios);
  CHECK(ratios > 0.75);
  CHECK(ratios < 1.25);
}

}  // namespace headwise::test
