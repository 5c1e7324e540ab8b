// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/schedule_settings.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "support/errors.hpp"

namespace headwise::test {

TEST_CASE("settings that contradict each other are refused by name") {
  const auto refused = [](const wsd::schedule_settings& s, const char* name, const char* given, const char* needed) {
    return refuses([&] { wsd::detail::check_schedule(s); }, name, given, needed);
  };
  CHECK(refused({.total_tokens = 0, .interval = 1}, "total_tokens", "0", "a positive number"));
  CHECK(refused({.total_tokens = 9}, "ladder", "empty", "batch sizes, or an interval"));
  CHECK(refused({.total_tokens = 9, .granularity = 4, .ladder = {4, 6}}, "ladder", "with 6",
                "positive multiples of the granularity, 4"));
  CHECK(refused({.total_tokens = 9, .ladder = {4, 4}}, "ladder", "with 4 behind 4", "ascending batch sizes"));
  CHECK(refused({.total_tokens = 9, .granularity = 4, .interval = 1, .largest_batch = 3}, "largest_batch", "3",
                "0, or at least the granularity, 4"));
  CHECK(refused({.total_tokens = 9, .interval = 1, .largest_ratio = 1}, "largest_ratio", "1", "more than 1"));
  CHECK(refused({.total_tokens = 9, .ladder = {4, 2}}, "ladder", "with 2 behind 4", "ascending batch sizes"));
  CHECK(refused({.total_tokens = 9, .ladder = {2, 5}}, "ladder", "with 5 behind 2", "ratios up to largest_ratio, 2"));
  CHECK(refused({.total_tokens = 9, .ladder = {2, 3}, .integer_factors = true}, "ladder", "with 3 behind 2",
                "whole factors, as integer_factors asks for"));
  CHECK(refused({.total_tokens = 9, .granularity = 2, .ladder = {4, 6}, .powers_of_two = true}, "ladder", "with 6",
                "the granularity, 2, times powers of two"));
  CHECK(refused({.total_tokens = 9, .ladder = {4, 8}, .largest_batch = 3}, "largest_batch", "3",
                "0, or at least the start of the ladder, 4"));
  CHECK(refused({.total_tokens = 9, .interval = 1, .smallest_dwell = -1}, "smallest_dwell", "-1", "zero or more"));
  CHECK(refused({.total_tokens = 9, .interval = 1, .margin = std::nan("")}, "margin", "nan", "zero or more"));
}

TEST_CASE("numbers that 64 bits cannot add, and stages without end, are refused by name") {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const auto refused = [](const wsd::schedule_settings& s, const char* name, const char* given, const char* needed) {
    return refuses([&] { wsd::detail::check_schedule(s); }, name, given, needed);
  };
  CHECK(refused({.total_tokens = huge, .interval = 1}, "total_tokens", "9223372036854775807",
                "at most 2305843009213693952"));
  CHECK(refused({.total_tokens = 9, .granularity = huge, .interval = 1}, "granularity", "9223372036854775807",
                "at most 2305843009213693952"));
  CHECK(refused({.total_tokens = 1'000'000'000'000'000, .interval = 1}, "interval", "1",
                "an interval of which the total has fewer than 1000000"));
  CHECK(refused({.total_tokens = 9, .ladder = {huge}}, "ladder", "with 9223372036854775807",
                "batch sizes up to 2305843009213693952"));
}

}  // namespace headwise::test
