// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/fit_curve.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/classical_model.hpp"
#include "headwise/wsd_batch_size/laurent_model.hpp"
#include "headwise/wsd_batch_size/piecewise_model.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

using wsd::classical_model;
using wsd::laurent_model;
using smooth_join = wsd::piecewise_model<false>;
using free_join = wsd::piecewise_model<true>;

constexpr wsd::fit_settings no_priors{.shape_priors = false};

template <typename Curve>
void check_recovered(const Curve& found, const Curve& truth) {
  CHECK(relative_error(found.batch_min(), truth.batch_min()) < 1e-6);
  CHECK(relative_error(found.batch_opt(), truth.batch_opt()) < 1e-6);
  CHECK(relative_error(found.steps_min(), truth.steps_min()) < 1e-6);
  CHECK(relative_error(found.tokens_min(), truth.tokens_min()) < 1e-6);
}

TEST_CASE("without noise every model recovers a truth of its own") {
  const auto hyperbola = wsd::fit_curve<classical_model>(measured(classical_truth, 1e5, 3e7, 10), no_priors);
  CHECK(relative_error(hyperbola.curve.steps_min(), 8000) < 1e-6);
  CHECK(relative_error(hyperbola.curve.tokens_min(), 20e9) < 1e-6);
  CHECK(relative_error(hyperbola.curve.critical_batch(), 2.5e6) < 1e-6);
  check_recovered(wsd::fit_curve<laurent_model>(measured(smooth_truth, 1.1e6, 16e6, 10), no_priors).curve,
                  smooth_truth);
  check_recovered(wsd::fit_curve<smooth_join>(measured(smooth_join_truth, 1.2e6, 16e6, 10), no_priors).curve,
                  smooth_join_truth);
  const auto pieces = wsd::fit_curve<free_join>(measured(published_truth, 1.2e6, 16e6, 10), no_priors);
  check_recovered(pieces.curve, published_truth);
  CHECK(relative_error(pieces.curve.steps_pole(), 14000) < 1e-6);
  CHECK(relative_error(pieces.curve.steps_tail(), 36000) < 1e-6);
}

TEST_CASE("the smooth model recovers an additive law with both exponents 1") {
  const wsd::additive_law law(
      {.loss_floor = 1.7, .signal = 5000, .signal_exponent = 1, .noise = 2e5, .noise_exponent = 1});
  const wsd::additive_curve truth = law.at(2.2);
  const double lowest = 1.15 * truth.batch_min();
  const auto found = wsd::fit_curve<laurent_model>(measured(truth, lowest, 20 * lowest, 9), no_priors);
  CHECK(relative_error(found.curve.batch_min(), truth.batch_min()) < 1e-6);
  CHECK(relative_error(found.curve.batch_opt(), truth.batch_opt()) < 1e-6);
  CHECK(relative_error(found.curve.tokens_min(), truth.tokens_min()) < 1e-6);
}

/// Median errors of M2 over 30 draws of ten batch sizes with two percent noise.
TEST_CASE("from ten noisy batch sizes of a published curve the best batch is known to four percent") {
  std::vector<double> batch_opt;
  std::vector<double> batch_min;
  std::vector<double> tokens_min;
  for (std::uint64_t draw = 1; draw <= 30; ++draw) {
    const auto found = wsd::fit_curve<smooth_join>(measured(published_truth, 1.2e6, 16e6, 10, 0.02, draw));
    batch_opt.push_back(relative_error(found.curve.batch_opt(), published_truth.batch_opt()));
    batch_min.push_back(relative_error(found.curve.batch_min(), published_truth.batch_min()));
    tokens_min.push_back(relative_error(found.curve.tokens_min(), published_truth.tokens_min()));
  }
  MESSAGE("median errors: B_opt ", median(batch_opt), ", B_min ", median(batch_min), ", E_min ", median(tokens_min));
  CHECK(median(batch_opt) <= 0.039);
  CHECK(median(batch_min) <= 0.042);
  CHECK(median(tokens_min) <= 0.014);
}

TEST_CASE("the order of measurements does not matter") {
  measurements points = measured(published_truth, 1.2e6, 16e6, 12, 0.02, 3);
  const auto sorted = wsd::fit_curve<smooth_join>(points);
  std::shuffle(points.begin(), points.end(), std::mt19937(5));
  const auto shuffled = wsd::fit_curve<smooth_join>(points);
  CHECK(relative_error(shuffled.curve.batch_opt(), sorted.curve.batch_opt()) < 1e-6);
  CHECK(relative_error(shuffled.curve.batch_min(), sorted.curve.batch_min()) < 1e-6);
  CHECK(std::fabs(shuffled.chi_square - sorted.chi_square) < 1e-6);
}

TEST_CASE("measurements that are there twice leave the curve and halve its variances") {
  measurements points = measured(published_truth, 1.2e6, 16e6, 12, 0.02, 4);
  const auto once = wsd::fit_curve<laurent_model>(points, no_priors);
  const measurements copy = points;
  points.insert(points.end(), copy.begin(), copy.end());
  const auto twice = wsd::fit_curve<laurent_model>(points, no_priors);
  CHECK(relative_error(twice.curve.batch_opt(), once.curve.batch_opt()) < 1e-6);
  for (std::size_t i = 0; i < laurent_model::size; ++i)
    CHECK(relative_error(2 * twice.covariance[i][i], once.covariance[i][i]) < 1e-3);
}

TEST_CASE("samples instead of tokens, or thousands of steps, give the same curve at the same cost") {
  const measurements points = measured(published_truth, 1.2e6, 16e6, 12, 0.02, 5);
  const auto check = [&]<typename Model>() {
    const auto found = wsd::fit_curve<Model>(points);
    const double lambda = 1e-3;
    const double mu = 1.0 / 4096;
    measurements scaled = points;
    for (wsd::measurement& point : scaled) {
      point.steps *= lambda;
      point.batch *= mu / lambda;
    }
    const auto same = wsd::fit_curve<Model>(scaled);
    CHECK(relative_error(same.curve.tokens_min(), mu * found.curve.tokens_min()) < 1e-6);
    CHECK(relative_error(same.curve.steps_min(), lambda * found.curve.steps_min()) < 1e-6);
    CHECK(relative_error(same.chi_square, found.chi_square) < 1e-6);
  };
  check.operator()<classical_model>();
  check.operator()<laurent_model>();
  check.operator()<smooth_join>();
}

TEST_CASE("a run that stopped before its curve says it would arrive adds little to the cost") {
  const measurements points = measured(published_truth, 1.2e6, 16e6, 12);
  const auto alone = wsd::fit_curve<smooth_join>(points, no_priors);
  for (const double batch : {1.15e6, 1.5e6, 4e6}) {
    measurements with_unreached = points;
    with_unreached.push_back(
        {.batch = batch, .steps = published_truth.steps(batch) * 0.999, .deviation = 0.01, .reached = false});
    const auto found = wsd::fit_curve<smooth_join>(with_unreached, no_priors);
    CHECK(found.chi_square - alone.chi_square <= 2 * std::log(2.0) + 1e-6);
  }
}

TEST_CASE("a long run that never arrived raises the smallest batch") {
  const measurements points = measured(published_truth, 1.6e6, 16e6, 9, 0.02, 7);
  const auto alone = wsd::fit_curve<smooth_join>(points);
  measurements with_unreached = points;
  const double batch = 0.5 * (alone.curve.batch_min() + 1.6e6);
  with_unreached.push_back(
      {.batch = batch, .steps = 10 * alone.curve.steps(batch), .deviation = 0.02, .reached = false});
  CHECK(wsd::fit_curve<smooth_join>(with_unreached).curve.batch_min() > 1.02 * alone.curve.batch_min());
}

TEST_CASE("the logarithm of the normal distribution is smooth far into its tail") {
  CHECK(equal_up_to_rounding(wsd::detail::log_normal_cdf(0), std::log(0.5)));
  CHECK(relative_error(wsd::detail::log_normal_cdf(-10.0001), wsd::detail::log_normal_cdf(-9.9999)) < 1e-4);
  CHECK(relative_error(wsd::detail::log_normal_cdf(-30), -454.32124) < 1e-7);
  CHECK(wsd::detail::log_normal_cdf(30) == 0);
}

TEST_CASE("the corrected criterion asks for more measurements than parameters") {
  CHECK(wsd::corrected_akaike(3, 2, 10) == 3 + 4 + 12.0 / 7);
  CHECK(wsd::corrected_akaike(3, 2, 3) == INFINITY);
}

TEST_CASE("measurements that cannot be fitted are refused by name") {
  measurements points = measured(published_truth, 1.2e6, 16e6, 6);
  CHECK(refuses([&] { wsd::fit_curve<smooth_join>(points); }, "points", "of 6 batch sizes that reached the loss",
                "at least 7"));
  points[2].steps = std::nan("");
  CHECK(refuses([&] { wsd::fit_curve<laurent_model>(points); }, "steps", "nan", "a positive number"));
}

TEST_CASE("a hyperbola has a fit to runs that are as far from one as can be") {
  // The smallest batch sizes hardly reach the loss: tokens fall with the batch by orders of magnitude.
  const measurements points{{1e6, 1e6}, {1.1e6, 3e5}, {1.2e6, 1e5}, {1.3e6, 3e4}, {1.4e6, 1e4}, {1.5e6, 3e3}};
  const auto found = wsd::fit_curve<wsd::classical_model>(points);
  CHECK(found.curve.tokens_min() > 0);
  CHECK(found.chi_square > 100);
}

TEST_CASE("a single run that went astray moves a robust fit less") {
  const auto exact = measured(smooth_truth, 1.2e6, 16e6, 12);
  auto astray = exact;
  astray[5].steps *= 1.15;
  const auto error = [&](const wsd::fit_settings& settings) {
    return relative_error(wsd::fit_curve<wsd::laurent_model>(astray, settings).curve.batch_opt(),
                          smooth_truth.batch_opt());
  };
  const double plain = error({});
  const double robust = error({.huber_limit = 1.5});
  MESSAGE("error of B_opt: squares ", plain, ", Huber's loss ", robust);
  CHECK(robust < 0.5 * plain);
}

TEST_CASE("a refit from near by finds what a fit from afar does") {
  const auto points = measured(published_truth, 1.2e6, 16e6, 12, 0.02, 7);
  const auto found = wsd::fit_curve<wsd::piecewise_model<false>>(points);
  const auto again = wsd::refit_curve<wsd::piecewise_model<false>>(points, smooth_join_truth);
  CHECK(relative_error(again.chi_square, found.chi_square) < 1e-6);
  CHECK(relative_error(again.curve.batch_opt(), found.curve.batch_opt()) < 1e-3);
}

TEST_CASE("a second curve that explains as much and says something else is kept") {
  // No batch size on the tail, where one shape or another can lead to it.
  std::size_t draws_with_two = 0;
  for (std::uint64_t draw = 1; draw <= 40; ++draw) {
    const auto points = measured(published_truth, 1.6e6, 6e6, 10, 0.03, draw);
    const auto found = wsd::fit_curve<wsd::piecewise_model<false>>(points);
    if (!found.runner_up) continue;
    ++draws_with_two;
    CHECK(wsd::chi_square_of(*found.runner_up, points) < found.chi_square + 5);
    const double apart_opt = std::fabs(std::log(found.runner_up->batch_opt() / found.curve.batch_opt()));
    const double apart_min = std::fabs(std::log(found.runner_up->batch_min() / found.curve.batch_min()));
    CHECK(std::max(apart_opt, apart_min) > 0.1);
  }
  MESSAGE("draws with two solutions: ", draws_with_two, " of 40");
  CHECK(draws_with_two > 0);
  CHECK(!wsd::fit_curve<wsd::laurent_model>(measured(smooth_truth, 1e6, 2e7, 20, 0.01, 1)).runner_up);
}

TEST_CASE("where the join is free, fits start on both sides of the smooth one and find it on either") {
  // The curve does not change with S_1 to first order at the smooth join, so a fit must not begin or rest there.
  using model = wsd::piecewise_model<true>;
  for (const double way : {0.4, 0.85}) {
    const wsd::piecewise_curve truth({.steps_min = 8000,
                                      .steps_pole = 8000 + way * 12000,
                                      .steps_opt = 20000,
                                      .steps_tail = 36000,
                                      .tokens_min = 40e9,
                                      .batch_min = 1.1e6});
    const auto points = measured(truth, 1.15e6, 16e6, 14);
    const wsd::fit_settings settings{.shape_priors = false};
    const wsd::detail::curve_problem<model> problem(points, settings);
    bool before = false;
    bool behind = false;
    for (const wsd::numbers& start : problem.starts(8)) {
      const double start_way = 1 / (1 + std::exp(-start.back()));
      CHECK(std::fabs(start_way - 2.0 / 3) > 0.05);
      before = before || start_way < 2.0 / 3;
      behind = behind || start_way > 2.0 / 3;
    }
    CHECK(before);
    CHECK(behind);
    const auto found = wsd::fit_curve<model>(points, settings);
    CHECK(found.chi_square < 1e-12);
    CHECK(relative_error(found.curve.steps_pole(), truth.steps_pole()) < 1e-3);
  }
}

}  // namespace headwise::test
