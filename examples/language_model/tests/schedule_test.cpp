// SPDX-License-Identifier: Apache-2.0
#include "training/schedule.hpp"

#include <doctest/doctest.h>

namespace language_model {
namespace {

TEST_CASE("the rate warms up, stays, and decays") {
  const auto wsd = schedule_of(schedule_kind::wsd, 1.0, 100);
  CHECK(wsd.at(1) == doctest::Approx(0.1));
  CHECK(wsd.at(5) == doctest::Approx(0.5));
  for (std::int64_t step = 10; step <= 80; ++step) CHECK(wsd.at(step) == 1);
  CHECK(wsd.at(81) == doctest::Approx(20.0 / 21));
  CHECK(wsd.at(100) == doctest::Approx(1.0 / 21));
}

TEST_CASE("a constant rate stays after its warm-up") {
  const auto constant = schedule_of(schedule_kind::constant, 0.5, 1000);
  CHECK(constant.at(25) == doctest::Approx(0.25));
  for (const std::int64_t step : {50, 500, 1000}) CHECK(constant.at(step) == 0.5);
}

TEST_CASE("even the shortest runs have a rate") {
  for (const std::int64_t steps : {1, 2, 5})
    for (std::int64_t step = 1; step <= steps; ++step) CHECK(schedule_of(schedule_kind::wsd, 1.0, steps).at(step) > 0);
}

TEST_CASE("schedules are known by name") {
  CHECK(schedule_named("constant") == schedule_kind::constant);
  CHECK(schedule_named("wsd") == schedule_kind::wsd);
  CHECK_THROWS_AS(schedule_named("cosine"), program::usage_error);
}

}  // namespace
}  // namespace language_model
