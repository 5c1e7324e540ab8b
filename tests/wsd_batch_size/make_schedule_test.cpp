// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/make_schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/batch_table.hpp"
#include "support/schedules.hpp"

namespace headwise::test {

constexpr std::int64_t billion = 1'000'000'000;

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
    const wsd::additive_law law = random_trained_law(random);
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

TEST_CASE("a switch waits until the dwell of the one before is over") {
  const auto root = [](double tokens) { return std::sqrt(tokens); };
  const wsd::schedule_settings s{
      .total_tokens = 100'000'000, .ladder = {1000, 2000, 4000, 8000}, .smallest_dwell = 16'000'000};
  const wsd::batch_schedule schedule = wsd::make_schedule(root, s);
  // Without the dwell, switches lie at 2, 8 and 32 million.
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{1000, 2000, 4000, 8000});
  CHECK(schedule.stages[1].first_token == 16'000'000);
  CHECK(schedule.stages[2].first_token == 32'000'000);
  CHECK(schedule.stages[3].first_token == 48'000'000);
}

TEST_CASE("stages of an interval begin at its multiples, however long the dwell") {
  const auto root = [](double tokens) { return std::sqrt(tokens); };
  const wsd::batch_schedule schedule = wsd::make_schedule(
      root, {.total_tokens = 100'000'000, .granularity = 1000, .interval = 10'000'000, .smallest_dwell = 25'000'000});
  REQUIRE(schedule.stages.size() == 4);
  for (std::size_t i = 1; i < 4; ++i)
    CHECK(std::abs(schedule.stages[i].first_token - 30'000'000 * std::int64_t(i)) <= schedule.stages[i].batch / 2);
}

TEST_CASE("powers of two are those of the granularity, from any best batch") {
  const auto root = [](double tokens) { return std::sqrt(tokens); };
  const wsd::schedule_settings s{.total_tokens = 100'000'000,
                                 .granularity = 96,
                                 .interval = 1'000'000,
                                 .integer_factors = true,
                                 .powers_of_two = true};
  const wsd::batch_schedule schedule = wsd::make_schedule(root, s);
  check_schedule(schedule, s);
  // 500,000 tokens into the run the best batch is 707; the last interval wants 9974.
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{768, 1536, 3072, 6144, 12288});
}

TEST_CASE("a ladder is kept to at any pace") {
  const auto root = [](double tokens) { return std::sqrt(tokens); };
  const wsd::schedule_settings s{
      .total_tokens = 100'000'000, .interval = 10'000'000, .ladder = {1000, 1500, 2500, 5000, 10000}};
  CHECK(batches_of(wsd::make_schedule(root, s)) == std::vector<std::int64_t>{2500, 5000, 10000});
  auto capped = s;
  capped.largest_batch = 6000;
  CHECK(batches_of(wsd::make_schedule(root, capped)) == std::vector<std::int64_t>{2500, 5000});
}

TEST_CASE("a ladder starts where the run does") {
  const auto best = [](double tokens) { return tokens < 500'000 ? 2500.0 : 4000.0; };
  const wsd::schedule_settings s{.total_tokens = 1'000'000, .ladder = {1000, 2000, 4000}};
  const wsd::batch_schedule schedule = wsd::make_schedule(best, s);
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{2000, 4000});
  CHECK(schedule.stages[1].first_token == 500'000);
}

TEST_CASE("a best batch that leaps over rungs is followed rung by rung") {
  const auto leap = [](double tokens) { return tokens < 500'000 ? 1000.0 : 8000.0; };
  const wsd::schedule_settings s{
      .total_tokens = 1'000'000, .ladder = {1000, 2000, 4000, 8000}, .smallest_dwell = 100'000};
  const wsd::batch_schedule schedule = wsd::make_schedule(leap, s);
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{1000, 2000, 4000, 8000});
  CHECK(schedule.stages[1].first_token == 500'000);
  CHECK(schedule.stages[2].first_token == 600'000);
  CHECK(schedule.stages[3].first_token == 700'000);
}

TEST_CASE("a schedule that follows a schedule is that schedule") {
  random_numbers random(44);
  for (int i = 0; i < 300; ++i) {
    const wsd::additive_law law = random_trained_law(random);
    wsd::schedule_settings s = random_settings(random);
    const wsd::batch_schedule once =
        wsd::make_schedule([&](double tokens) { return law.batch_opt_of_tokens(tokens); }, s);
    // Batches as large as intervals move their ends by more than half of one, and then stand for another stage.
    if (s.interval > 0 && once.stages.back().batch > s.interval / 8) continue;
    const auto again = [&](double tokens) {
      return static_cast<double>(once.batch_at(static_cast<std::int64_t>(tokens)));
    };
    CHECK(wsd::make_schedule(again, s) == once);
  }
}

TEST_CASE("numbers that 64 bits can add are kept") {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const auto root = [](double tokens) { return std::sqrt(tokens); };
  const wsd::schedule_settings s{.total_tokens = wsd::most_tokens,
                                 .granularity = 1 << 20,
                                 .interval = huge,
                                 .largest_batch = huge,
                                 .smallest_dwell = huge};
  const wsd::batch_schedule schedule = wsd::make_schedule(root, s);
  CHECK(schedule.tokens() == wsd::most_tokens);
  auto coarse = s;
  coarse.granularity = wsd::most_tokens;
  coarse.total_tokens = 1;
  CHECK(wsd::make_schedule(root, coarse).tokens() == wsd::most_tokens);
  // Tokens that a double cannot tell apart are counted all the same.
  auto odd = s;
  odd.total_tokens = (std::int64_t{1} << 60) + 1;
  odd.granularity = 1;
  odd.interval = 1'000'000'000'000'000;
  const wsd::batch_schedule exact = wsd::make_schedule(root, odd);
  CHECK(std::abs(exact.tokens() - odd.total_tokens) <= exact.stages.back().batch);
}

}  // namespace headwise::test
