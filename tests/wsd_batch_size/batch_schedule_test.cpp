// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/batch_schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/batch_table.hpp"
#include "support/errors.hpp"
#include "support/iso_loss_curves.hpp"

namespace headwise::test {

constexpr std::int64_t billion = 1'000'000'000;

std::vector<std::int64_t> batches_of(const wsd::batch_schedule& schedule) {
  std::vector<std::int64_t> batches;
  for (const wsd::batch_stage& stage : schedule.stages) batches.push_back(stage.batch);
  return batches;
}

TEST_CASE("the paper's staircase, 2M 4M 5M 6M every 125B tokens, follows from a table of best batches") {
  // Best batches in the middles of the four stages.
  const wsd::batch_table best({{62.5e9, 2e6}, {176.8e9, 4e6}, {306.2e9, 5e6}, {433.0e9, 6e6}});
  const wsd::batch_schedule schedule =
      wsd::make_schedule(best, {.total_tokens = 500 * billion, .granularity = 1'000'000, .interval = 125 * billion});
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{2'000'000, 4'000'000, 5'000'000, 6'000'000});
  CHECK(schedule.stages[1].first_token == 125 * billion);
  CHECK(schedule.stages[2].first_token == 250 * billion);
  CHECK(schedule.stages[3].first_token == 375 * billion);
  // 125B over 6M is no whole number of steps.
  CHECK(schedule.stages[3].steps == 20833);
  CHECK(schedule.steps() == 62500 + 31250 + 25000 + 20833);
  CHECK(schedule.batch_at(0) == 2'000'000);
  CHECK(schedule.batch_at(125 * billion) == 4'000'000);
  CHECK(schedule.batch_at(499 * billion) == 6'000'000);
}

/// What holds for every schedule.
void check_schedule(const wsd::batch_schedule& schedule, const wsd::schedule_settings& s) {
  REQUIRE(!schedule.stages.empty());
  std::int64_t steps = 0;
  std::int64_t tokens = 0;
  std::int64_t before = 0;
  for (const wsd::batch_stage& stage : schedule.stages) {
    CHECK(stage.batch % s.granularity == 0);
    CHECK(stage.batch > before);
    CHECK(stage.steps > 0);
    CHECK(stage.first_step == steps);
    CHECK(stage.first_token == tokens);
    if (before > 0) {
      CHECK(static_cast<double>(stage.batch) <= s.largest_ratio * static_cast<double>(before));
      CHECK(static_cast<double>(stage.batch) >= (1 + s.smallest_rise) * static_cast<double>(before));
      if (s.integer_factors) CHECK(stage.batch % before == 0);
    }
    if (s.largest_batch > 0) CHECK(stage.batch <= s.largest_batch);
    before = stage.batch;
    steps += stage.steps;
    tokens += stage.tokens();
  }
  CHECK(schedule.steps() == steps);
  CHECK(schedule.tokens() == tokens);
  CHECK(std::abs(tokens - s.total_tokens) <= schedule.stages.back().batch);
}

TEST_CASE("every schedule rises in allowed batches over whole steps to the total") {
  random_numbers random(41);
  for (int i = 0; i < 300; ++i) {
    const wsd::additive_law law({.loss_floor = 1.7,
                                 .signal = between_in_log(random, 1, 1e3),
                                 .signal_exponent = between_in_log(random, 0.3, 1),
                                 .noise = between_in_log(random, 1, 1e4),
                                 .noise_exponent = between_in_log(random, 0.5, 1)});
    wsd::schedule_settings s;
    s.total_tokens = static_cast<std::int64_t>(between_in_log(random, 1e7, 1e13));
    s.granularity = random.between(1, 1 << 20);
    s.interval = s.total_tokens / random.between(1, 20) + 1;
    s.largest_ratio = 1.2 + 3 * random.unit();
    s.smallest_rise = 0.2 * random.unit();
    s.integer_factors = random.between(0, 1) == 1;
    s.largest_batch = random.between(0, 1) == 1 ? s.granularity * random.between(1, 1000) : 0;
    check_schedule(wsd::make_schedule([&](double tokens) { return law.batch_opt_of_tokens(tokens); }, s), s);
  }
}

TEST_CASE("a ladder switches where the wanted batch is midway between two of its values") {
  const auto root = [](double tokens) { return std::sqrt(tokens); };
  const wsd::schedule_settings s{.total_tokens = 100'000'000, .ladder = {1000, 2000, 4000, 8000, 16000}};
  const wsd::batch_schedule schedule = wsd::make_schedule(root, s);
  check_schedule(schedule, s);
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{1000, 2000, 4000, 8000});
  // sqrt(D) = sqrt(1000 * 2000) at D = 2,000,000, to the next whole step.
  CHECK(schedule.stages[1].first_token == 2'000'000);
  CHECK(schedule.stages[2].first_token == 8'000'000);
  CHECK(schedule.stages[3].first_token == 32'000'000);
}

TEST_CASE("a run that is shorter than its first stage has one, and a wish below the granularity is one unit") {
  const auto small = [](double) { return 3.0; };
  const wsd::schedule_settings s{.total_tokens = 1000, .granularity = 64, .interval = 1'000'000};
  const wsd::batch_schedule schedule = wsd::make_schedule(small, s);
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{64});
  CHECK(schedule.steps() == 16);
  const wsd::schedule_settings tiny{.total_tokens = 10, .granularity = 64, .interval = 1'000'000};
  CHECK(wsd::make_schedule(small, tiny).steps() == 1);
}

TEST_CASE("batches are rounded in their logarithm, and down where two are as near") {
  CHECK(wsd::detail::nearest_multiple(1.0, 10) == 10);
  CHECK(wsd::detail::nearest_multiple(14, 10) == 10);
  CHECK(wsd::detail::nearest_multiple(14.2, 10) == 20);
  CHECK(wsd::detail::nearest_multiple(20, 10) == 20);
  CHECK(wsd::detail::nearest_multiple(std::sqrt(600.0) - 1e-9, 10) == 20);
}

TEST_CASE("what was rounded once is not rounded again") {
  const wsd::batch_table best({{62.5e9, 2.1e6}, {176.8e9, 4.4e6}, {306.2e9, 5.3e6}, {433.0e9, 6.2e6}});
  const wsd::schedule_settings s{.total_tokens = 500 * billion, .granularity = 1 << 19, .interval = 125 * billion};
  const wsd::batch_schedule once = wsd::make_schedule(best, s);
  std::vector<wsd::batch_table::row> rows;
  for (const wsd::batch_stage& stage : once.stages) {
    const double middle = stage.first_token == 0
                              ? 62.5e9
                              : std::sqrt(double(stage.first_token) * double(stage.first_token + 125 * billion));
    rows.push_back({middle, double(stage.batch)});
  }
  CHECK(batches_of(wsd::make_schedule(wsd::batch_table(rows), s)) == batches_of(once));
}

TEST_CASE("settings that contradict each other are refused by name") {
  const auto refused = [](const wsd::schedule_settings& s, const char* name, const char* given, const char* needed) {
    return refuses([&] { wsd::make_schedule([](double) { return 1.0; }, s); }, name, given, needed);
  };
  CHECK(refused({.total_tokens = 0, .interval = 1}, "total_tokens", "0", "a positive number"));
  CHECK(refused({.total_tokens = 9}, "ladder", "empty", "batch sizes, or an interval"));
  CHECK(refused({.total_tokens = 9, .granularity = 4, .ladder = {4, 6}}, "ladder", "with 6",
                "positive multiples of the granularity, 4"));
  CHECK(refused({.total_tokens = 9, .ladder = {4, 4}}, "ladder", "with 4 behind 4", "ascending batch sizes"));
  CHECK(refused({.total_tokens = 9, .granularity = 4, .interval = 1, .largest_batch = 3}, "largest_batch", "3",
                "0, or at least the granularity, 4"));
  CHECK(refused({.total_tokens = 9, .interval = 1, .largest_ratio = 1}, "largest_ratio", "1", "more than 1"));
}

}  // namespace headwise::test
