// SPDX-License-Identifier: Apache-2.0
#include "analysis/analysis.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/targets.hpp"
#include "program_support/usage_error.hpp"
#include "report/json.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"
#include "synth/truths.hpp"

namespace wsd_batch_size {
namespace {

/// Runs of the usual law, ten batch sizes around its best ones.
curve_data runs_of_law(std::uint64_t seed = 1, double noise_scale = 1) {
  normal_numbers normal(seed);
  wsd::log_noise noise;
  noise.slow *= noise_scale;
  noise.sampling *= noise_scale;
  curve_data data;
  for (const double batch : wsd::batches_between(0.25e6, 16e6, 12))
    data.runs.push_back(
        {wsd::synthetic_log([](double s, double b) { return usual_law.loss(s, b); }, batch, 1e5, 50, noise, normal),
         0.001,
         {}});
  return data;
}

const std::vector<double> losses = {2.3, 2.2, 2.1, 2.05, 2.0};

TEST_CASE("curves of an additive law are recognised as such, and its numbers found") {
  const analysis found = analyse(runs_of_law(), {.losses = losses, .bootstrap = {.draws = 20}});
  REQUIRE(found.law);
  CHECK(found.law->collapses);
  CHECK(std::fabs(found.law->law.numbers().signal_exponent - 0.5) < 0.05);
  CHECK(std::fabs(found.law->law.numbers().noise_exponent - 1) < 0.05);
  REQUIRE(found.targets.size() == losses.size());
  CHECK(found.identified());
  for (std::size_t t = 0; t < losses.size(); ++t) {
    const target_report& target = found.targets[t];
    CHECK(*target.loss == losses[t]);
    REQUIRE(target.best() != nullptr);
    CHECK(target.best()->estimate.model == "M3");
    const wsd::additive_curve truth = usual_law.at(losses[t]);
    CHECK(std::fabs(*target.best()->estimate.batch_opt / truth.batch_opt() - 1) < 0.05);
    CHECK(std::fabs(*target.best()->estimate.batch_min / truth.batch_min() - 1) < 0.05);
    REQUIRE(target.best()->intervals);
    CHECK(target.best()->intervals->batch_opt.low < *target.best()->estimate.batch_opt);
    CHECK(target.best()->intervals->batch_opt.high > *target.best()->estimate.batch_opt);
  }
}

TEST_CASE("intervals of whole runs hold the truth about as often as they say") {
  // Blocks of residuals know the noise of a run, but not what its smoothing hides: less than 90 percent is to be
  // expected.
  int held = 0;
  int all = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const analysis found = analyse(runs_of_law(seed), {.losses = losses, .model = "m3", .bootstrap = {.draws = 40}});
    for (const target_report& target : found.targets) {
      held += target.best()->intervals->batch_opt.holds(usual_law.at(*target.loss).batch_opt()) ? 1 : 0;
      ++all;
    }
  }
  MESSAGE("of ", all, " intervals of 90 percent for B_opt hold the truth: ", held);
  CHECK(held >= 0.75 * all);
  CHECK(held <= 0.97 * all);
}

TEST_CASE("hyperbolas are recognised, and nothing is made of them") {
  const wsd::decaying_noise_law truth(
      wsd::additive_law({.loss_floor = 1.7, .signal = 4000, .signal_exponent = 1, .noise = 4e9, .noise_exponent = 1}),
      1);
  normal_numbers normal(3);
  curve_data data;
  for (const double batch : wsd::batches_between(0.25e6, 16e6, 12))
    data.runs.push_back(
        {wsd::synthetic_log([&](double s, double b) { return truth.loss(s, b); }, batch, 1e5, 50, {}, normal), {}, {}});
  const analysis found = analyse(data, {.losses = {2.0, 1.9, 1.85}});
  CHECK(!found.identified());
  CHECK(!found.law);
  for (const target_report& target : found.targets)
    for (const model_report& model : target.models) {
      CHECK(!model.estimate.batch_min);
      CHECK(!model.estimate.batch_opt);
    }
}

TEST_CASE("losses are chosen where enough runs pass") {
  std::vector<wsd::smoothed_curve> runs;
  for (const curve_run& run : runs_of_law().runs) runs.emplace_back(run.curve);
  const std::vector<double> chosen = choose_losses(runs, 5);
  REQUIRE(chosen.size() == 5);
  CHECK(std::is_sorted(chosen.rbegin(), chosen.rend()));
  for (const wsd::target_measurements& target : wsd::passages_of(runs, chosen)) {
    CHECK(wsd::reached_batches(target.points).size() >= 7);
    CHECK(target.points.size() == runs.size());
  }
  std::vector<wsd::smoothed_curve> apart{runs.front()};
  auto low = runs_of_law().runs.back().curve;
  for (double& loss : low.losses) loss -= 5;
  apart.emplace_back(low);
  CHECK_THROWS_AS(choose_losses(apart, 5), program::usage_error);
}

TEST_CASE("runs of several learning rates, targets in the warm-up and at the end of a run are told") {
  curve_data data = runs_of_law(1, 0.1);
  data.runs[3].learning_rate = 0.002;
  const double fragile = wsd::smoothed_curve(data.runs[7].curve).lowest_loss() + 1e-5;
  const analysis found = analyse(data, {.losses = {fragile, 3.0}});
  REQUIRE(found.targets.size() == 2);
  const auto has = [&](std::size_t t, wsd::finding what) {
    const auto& findings = found.targets[t].findings;
    return std::find(findings.begin(), findings.end(), what) != findings.end();
  };
  CHECK(has(0, wsd::finding::mixed_learning_rates));
  CHECK(has(0, wsd::finding::target_in_warm_up));
  CHECK(has(1, wsd::finding::mixed_learning_rates));
  CHECK(has(1, wsd::finding::fragile_passage));
  CHECK(!has(1, wsd::finding::target_in_warm_up));
}

TEST_CASE("JSON has every field, and null for what is not identified") {
  const auto json =
      nlohmann::json::parse(json_of(analyse(runs_of_law(), {.losses = losses, .bootstrap = {.draws = 5}})));
  CHECK(json["law"]["alpha"].is_number());
  REQUIRE(json["targets"].size() == losses.size());
  for (const auto& target : json["targets"]) {
    CHECK(target["loss"].is_number());
    CHECK(target["chosen"] == "M3");
    for (const auto& model : target["models"]) {
      for (const char* const field : {"model", "b_min", "b_opt", "e_min", "s_min", "interval", "aicc", "messages"})
        CHECK(model.contains(field));
      if (model["model"] == "M0") {
        CHECK(model["b_min"].is_null());
        CHECK(model["b_opt"].is_null());
      }
      if (model["model"] == "M3") {
        REQUIRE(model["interval"]["b_opt"].size() == 2);
        CHECK(model["interval"]["b_opt"][0] <= model["b_opt"]);
      }
    }
  }
  point_data points;
  points.points =
      wsd::synthetic_measurements(usual_hyperbola, wsd::batches_between(1e5, 1e7, 6), 0.02, normal_numbers(1));
  points.learning_rates.resize(points.points.size());
  const auto of_points = nlohmann::json::parse(json_of(analyse(points, {})));
  CHECK(of_points["law"].is_null());
  CHECK(of_points["targets"][0]["loss"].is_null());
  CHECK(of_points["targets"][0]["chosen"] == "M0");
}

TEST_CASE("the table says each message once, and marks what predicts best") {
  const std::string table = table_of(analyse(runs_of_law(), {.losses = {2.2, 2.1, 2.0}}));
  CHECK(table.find("Loss 2.2000: ") != std::string::npos);
  CHECK(table.find("\n* M3 ") != std::string::npos);
  CHECK(table.find("The targets collapse onto one curve") != std::string::npos);
  CHECK(table.find("B_min is an extrapolation") != std::string::npos);
}

TEST_CASE("quantities have four digits and a suffix") {
  CHECK(quantity(0) == "0");
  CHECK(quantity(999.4) == "999.4");
  CHECK(quantity(999.96) == "1K");
  CHECK(quantity(1234567) == "1.235M");
  CHECK(quantity(125e9) == "125B");
  CHECK(quantity(4.2e12) == "4.2T");
}

}  // namespace
}  // namespace wsd_batch_size
