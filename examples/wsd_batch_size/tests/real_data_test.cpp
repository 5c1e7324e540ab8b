// SPDX-License-Identifier: Apache-2.0
// What the program says of measurements that others made.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "analysis/analysis.hpp"
#include "input/read_input.hpp"

namespace wsd_batch_size {
namespace {

point_data read_points(const std::string& name) {
  const std::filesystem::path file = std::filesystem::path(WSD_BATCH_SIZE_FOLDER) / "data" / name;
  return std::get<point_data>(read_input(std::vector{file}));
}

const model_report& model_of(const target_report& target, const std::string& name) {
  const auto found = std::find_if(target.models.begin(), target.models.end(),
                                  [&](const model_report& m) { return m.estimate.model == name; });
  REQUIRE(found != target.models.end());
  return *found;
}

double off_by(double value, double expected) { return std::fabs(value / expected - 1); }

struct convergence_points {
  std::string file;
  std::string unit;
  std::size_t runs;
  double tokens_min;
  double steps_min;
  double critical_batch;
};

TEST_CASE("the hyperbola of the MLPerf runs is the known one") {
  for (const convergence_points& expected :
       {convergence_points{"mlperf_gpt3.csv", "tokens", 30, 1.050e9, 31.9, 32.9e6},
        convergence_points{"mlperf_llama31_8b.csv", "samples", 100, 1.322e5, 1570, 84.2},
        convergence_points{"mlperf_resnet.csv", "samples", 108, 4.439e7, 971, 4.57e4}}) {
    CAPTURE(expected.file);
    const point_data data = read_points(expected.file);
    CHECK(data.unit == expected.unit);
    CHECK(data.points.size() == expected.runs);
    const analysis found = analyse(data, {});
    REQUIRE(found.targets.size() == 1);
    const target_report& target = found.targets.front();
    const auto hyperbola = std::get<wsd::classical_curve>(*model_of(target, "M0").curve);
    CHECK(off_by(hyperbola.tokens_min(), expected.tokens_min) < 0.01);
    CHECK(off_by(hyperbola.steps_min(), expected.steps_min) < 0.01);
    CHECK(off_by(hyperbola.critical_batch(), expected.critical_batch) < 0.01);
    // Their learning rates were tuned for every batch size.
    CHECK(target.findings == std::vector{wsd::finding::mixed_learning_rates});
    CHECK(!model_of(target, "M1").estimate.batch_min);
    const double hyperbola_error = *model_of(target, "M0").leave_one_out;
    const double smooth_error = *model_of(target, "M1").leave_one_out;
    MESSAGE(expected.file, ", a batch size left out: M0 ", hyperbola_error, ", M1 ", smooth_error);
    CHECK(hyperbola_error < 0.1);
    CHECK(smooth_error < 0.1);
  }
}

TEST_CASE("the hyperbola leaves the same bend in both language models") {
  for (const char* const file : {"mlperf_gpt3.csv", "mlperf_llama31_8b.csv"}) {
    CAPTURE(file);
    const point_data data = read_points(file);
    const auto hyperbola = wsd::fit_curve<wsd::classical_model>(data.points).curve;
    std::vector<double> means;
    for (const double batch : wsd::reached_batches(data.points)) {
      double sum = 0;
      double count = 0;
      for (const wsd::measurement& point : data.points) {
        if (point.batch != batch) continue;
        sum += std::log(point.steps / hyperbola.steps(batch));
        ++count;
      }
      means.push_back(sum / count);
    }
    REQUIRE(means.size() == 5);
    CHECK(means.front() > 0.02);
    CHECK(means.back() > 0.02);
    CHECK(means[2] < -0.02);
    CHECK(means[3] < -0.01);
  }
}

TEST_CASE("the language model's own runs fall onto the curve of one law, which has a best batch for every loss") {
  const std::filesystem::path file = std::filesystem::path(WSD_BATCH_SIZE_FOLDER) / "data" / "language_model.csv";
  const analysis found = analyse(read_input(std::vector{file}), {});
  REQUIRE(found.law);
  CHECK(found.law->collapses);
  double before = 0;
  for (const target_report& target : found.targets) {
    REQUIRE(target.best() != nullptr);
    CHECK(target.best()->estimate.model == "M3");
    REQUIRE(target.best()->estimate.batch_opt);
    CHECK(target.best()->estimate.batch_opt.value() > before);
    before = *target.best()->estimate.batch_opt;
    const double smooth = model_of(target, "M1").estimate.batch_opt.value_or(0);
    CHECK(std::fabs(std::log(smooth / before)) < 0.3);
  }
}

}  // namespace
}  // namespace wsd_batch_size
