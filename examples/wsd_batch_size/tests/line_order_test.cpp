// SPDX-License-Identifier: Apache-2.0
#include "input/line_order.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace wsd_batch_size {
namespace {

/// Lines of these steps; the tokens tell where a line stood.
log_lines lines_of(const std::vector<double>& steps) {
  log_lines lines;
  for (const double step : steps) lines.push_back({.step = step, .tokens = static_cast<double>(lines.size())});
  return lines;
}

std::vector<double> steps_of(const log_lines& lines) {
  std::vector<double> steps;
  for (const log_line& line : lines) steps.push_back(line.step);
  return steps;
}

std::vector<double> count_up(double first, double last) {
  std::vector<double> steps(static_cast<std::size_t>(last - first) + 1);
  std::iota(steps.begin(), steps.end(), first);
  return steps;
}

TEST_CASE("lines in order stay") {
  log_lines lines = lines_of({1, 2, 2, 3});
  const line_order found = put_in_order(lines);
  CHECK(found.restarts == 0);
  CHECK(!found.sorted);
  CHECK(steps_of(lines) == std::vector<double>{1, 2, 2, 3});
}

TEST_CASE("a restart supersedes what was logged from there on") {
  log_lines lines = lines_of({10, 20, 30, 40, 25, 35, 45, 35, 50});
  const line_order found = put_in_order(lines);
  CHECK(found.restarts == 2);
  CHECK(found.superseded == 4);
  CHECK(!found.sorted);
  CHECK(steps_of(lines) == std::vector<double>{10, 20, 25, 35, 50});
  CHECK(lines[3].tokens == 7);
}

TEST_CASE("a restart from the beginning leaves nothing of the first attempt") {
  log_lines lines = lines_of({10, 20, 30, 10, 20});
  CHECK(put_in_order(lines).superseded == 3);
  CHECK(steps_of(lines) == std::vector<double>{10, 20});
  CHECK(lines[0].tokens == 3);
}

TEST_CASE("a long log may have many restarts") {
  std::vector<double> steps;
  for (double start = 1; start < 1000; start += 50)
    for (double step = start; step < start + 60; ++step) steps.push_back(step);
  log_lines lines = lines_of(steps);
  const line_order found = put_in_order(lines);
  CHECK(found.restarts == 19);
  CHECK(found.superseded == 19 * 10);
  CHECK(steps_of(lines) == count_up(1, 1010));
}

TEST_CASE("shuffled lines are sorted, and equal steps keep their order") {
  std::vector<double> steps = count_up(1, 200);
  steps.push_back(7);
  std::shuffle(steps.begin(), steps.end(), std::mt19937(1));
  log_lines lines = lines_of(steps);
  CHECK(put_in_order(lines).sorted);
  CHECK(drop_repeated_steps(lines) == 1);
  CHECK(steps_of(lines) == count_up(1, 200));
  const auto last = std::find(steps.rbegin(), steps.rend(), 7.0);
  CHECK(lines[6].tokens == static_cast<double>(steps.rend() - last - 1));
}

TEST_CASE("lines from the last to the first are sorted") {
  std::vector<double> steps = count_up(1, 100);
  std::reverse(steps.begin(), steps.end());
  log_lines lines = lines_of(steps);
  CHECK(put_in_order(lines).sorted);
  CHECK(steps_of(lines) == count_up(1, 100));
}

TEST_CASE("pieces of a log in the wrong order are no restart") {
  std::vector<double> steps = count_up(51, 100);
  const std::vector<double> earlier = count_up(1, 50);
  steps.insert(steps.end(), earlier.begin(), earlier.end());
  log_lines lines = lines_of(steps);
  CHECK(put_in_order(lines).sorted);
  CHECK(steps_of(lines) == count_up(1, 100));
}

TEST_CASE("of repeated steps the last stays") {
  log_lines lines = lines_of({1, 2, 2, 2, 3, 3});
  CHECK(drop_repeated_steps(lines) == 3);
  CHECK(steps_of(lines) == std::vector<double>{1, 2, 3});
  CHECK(lines[1].tokens == 3);
  CHECK(lines[2].tokens == 5);
  log_lines none;
  CHECK(put_in_order(none).restarts == 0);
  CHECK(drop_repeated_steps(none) == 0);
}

}  // namespace
}  // namespace wsd_batch_size
