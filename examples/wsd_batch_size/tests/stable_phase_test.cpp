// SPDX-License-Identifier: Apache-2.0
#include "input/stable_phase.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace wsd_batch_size {
namespace {

constexpr double tolerance = 1e-6;

/// Lines of these learning rates at the steps 1, 2, 3 and so on.
log_lines lines_of(const std::vector<double>& rates) {
  log_lines lines;
  for (const double rate : rates)
    lines.push_back({.step = static_cast<double>(lines.size() + 1), .learning_rate = rate});
  return lines;
}

TEST_CASE("the longest stretch at the most frequent learning rate stays, and its steps do") {
  log_lines lines = lines_of({0, 0.5, 1, 1, 0.5, 1, 1 + 5e-7, 1, 0.2, 0.1});
  const stable_phase found = keep_stable_phase(lines, tolerance);
  CHECK(found.learning_rate == doctest::Approx(1));
  CHECK(found.before == 5);
  CHECK(found.behind == 2);
  CHECK(found.other == 0);
  REQUIRE(lines.size() == 3);
  CHECK(lines.front().step == 6);
  CHECK(lines.back().step == 8);
}

TEST_CASE("of learning rates that are as frequent the highest is the stable one") {
  log_lines lines = lines_of({0.1, 0.1, 1, 1, 0.2, 0.2});
  CHECK(keep_stable_phase(lines, tolerance).learning_rate == 1);
  CHECK(lines.front().step == 3);
}

TEST_CASE("without learning rates all lines stay") {
  const double unknown = log_line::unknown;
  for (const double rate : {unknown, 0.0}) {
    log_lines lines = lines_of({rate, rate, rate});
    fill_learning_rates(lines);
    const stable_phase found = keep_stable_phase(lines, tolerance);
    CHECK(!found.learning_rate);
    CHECK(found.before + found.behind + found.other == 0);
    CHECK(lines.size() == 3);
  }
}

TEST_CASE("lines without a learning rate have that of the line before") {
  const double unknown = log_line::unknown;
  log_lines lines = lines_of({unknown, 1, unknown, 2, unknown});
  fill_learning_rates(lines);
  std::vector<double> rates;
  for (const log_line& line : lines) rates.push_back(line.learning_rate);
  CHECK(rates == std::vector<double>{1, 1, 1, 2, 2});
}

TEST_CASE("phases that are named decide, and lines without one stay") {
  log_lines lines = lines_of({1, 2, 2, 2, 2});
  lines[0].phase = phase::stable;
  lines[1].phase = phase::other;
  lines[4].phase = phase::other;
  const stable_phase found = keep_stable_phase(lines, tolerance);
  CHECK(found.other == 2);
  CHECK(found.before + found.behind == 0);
  CHECK(found.learning_rate == 2);
  CHECK(found.rates_differ);
  CHECK(lines.size() == 3);
}

}  // namespace
}  // namespace wsd_batch_size
