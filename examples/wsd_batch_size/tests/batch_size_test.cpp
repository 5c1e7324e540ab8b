// SPDX-License-Identifier: Apache-2.0
#include "input/batch_size.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace wsd_batch_size {
namespace {

constexpr double tolerance = 0.01;

/// Every tenth step up to 2,000, with tokens rounded to a unit.
log_lines lines_of(double batch, double unit, double batch_of_second_half) {
  log_lines lines;
  double tokens = 0;
  for (int i = 1; i <= 200; ++i) {
    tokens += 10 * (i <= 100 ? batch : batch_of_second_half);
    const double logged = unit > 0 ? std::round(tokens / unit) * unit : tokens;
    lines.push_back({.step = 10.0 * i, .tokens = logged, .tokens_unit = unit});
  }
  return lines;
}

TEST_CASE("the batch is the tokens between steps") {
  const logged_batch found = find_batch(lines_of(65536, 0, 65536), tolerance);
  CHECK(found.is_constant);
  CHECK(found.batch == 65536);
  CHECK(find_batch(lines_of(0.065536, 0, 0.065536), tolerance).batch == doctest::Approx(0.065536));
}

TEST_CASE("it may differ by the tolerance") {
  CHECK(find_batch(lines_of(1000, 0, 1009), tolerance).is_constant);
  const logged_batch found = find_batch(lines_of(1000, 0, 1012), tolerance);
  CHECK(!found.is_constant);
  CHECK(found.smallest == 1000);
  CHECK(found.largest == 1012);
}

TEST_CASE("one step with another batch is enough to differ") {
  log_lines lines = lines_of(1000, 0, 1000);
  for (std::size_t i = 50; i < lines.size(); ++i) lines[i].tokens += 500;
  CHECK(!find_batch(lines, tolerance).is_constant);
}

TEST_CASE("tokens that were rounded by more than the tolerance tell the batch over many steps") {
  const logged_batch found = find_batch(lines_of(1048576, 2e6, 1048576), tolerance);
  CHECK(found.is_constant);
  CHECK(found.batch == doctest::Approx(1048576).epsilon(0.005));
  CHECK(!find_batch(lines_of(1048576, 1e5, 2097152), tolerance).is_constant);
  CHECK(!find_batch(lines_of(1048576, 1e6, 2097152), tolerance).is_constant);
}

TEST_CASE("two lines are enough however rounded they are") {
  const log_lines lines = {{.step = 1000, .tokens = 1e9, .tokens_unit = 1e9},
                           {.step = 2000, .tokens = 2e9, .tokens_unit = 1e9}};
  CHECK(find_batch(lines, tolerance).batch == 1e6);
}

}  // namespace
}  // namespace wsd_batch_size
