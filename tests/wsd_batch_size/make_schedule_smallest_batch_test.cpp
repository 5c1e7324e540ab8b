// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/make_schedule.hpp"
#include "headwise/wsd_batch_size/schedule_export.hpp"
#include "headwise/wsd_batch_size/token_maps.hpp"
#include "support/errors.hpp"
#include "support/schedules.hpp"

namespace headwise::test {

TEST_CASE("a smallest batch bounds every stage at its end, whatever the best batch says") {
  // The best batch never leaves one, the smallest is a third of the root of the tokens.
  const auto best = [](double) { return 1.0; };
  const auto smallest = [](double tokens) { return std::sqrt(tokens) / 3; };
  const wsd::schedule_settings s{
      .total_tokens = 1'000'000, .granularity = 10, .interval = 250'000, .smallest_rise = 0, .margin = 0.2};
  const wsd::batch_schedule schedule = wsd::make_schedule(best, s, smallest);
  // 0.4 sqrt(D) is 200, 282.8, 346.4 and 400 at the ends of the intervals.
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{200, 290, 350, 400});
  for (const wsd::batch_stage& stage : schedule.stages)
    CHECK(double(stage.batch) >= 0.4 * std::sqrt(double(std::min(stage.end_token(), s.total_tokens))));
}

TEST_CASE("a ladder rises where the smallest batch passes its values") {
  const auto best = [](double) { return 1.0; };
  const auto smallest = [](double tokens) { return std::sqrt(tokens); };
  const wsd::batch_schedule schedule =
      wsd::make_schedule(best, {.total_tokens = 30'000'000, .ladder = {1000, 2000, 4000, 8000}}, smallest);
  CHECK(batches_of(schedule) == std::vector<std::int64_t>{1000, 2000, 4000, 8000});
  CHECK(schedule.stages[1].first_token == 1'000'000);
  CHECK(schedule.stages[2].first_token == 4'000'000);
  CHECK(schedule.stages[3].first_token == 16'000'000);
}

TEST_CASE("a rise that is not worth a switch happens where the smallest batch asks for it") {
  const auto best = [](double tokens) { return 100 + tokens / 1000; };
  wsd::schedule_settings s{.total_tokens = 10'000, .interval = 2'500, .smallest_rise = 0.2};
  CHECK(batches_of(wsd::make_schedule(best, s)) == std::vector<std::int64_t>{101});
  CHECK(batches_of(wsd::make_schedule(best, s, [](double tokens) { return tokens > 6000 ? 105.0 : 50.0; })) ==
        std::vector<std::int64_t>{101, 106});
}

TEST_CASE("what the smallest batch asks for and a setting forbids makes the target unreachable") {
  const auto best = [](double) { return 100.0; };
  const auto smallest = [](double tokens) { return tokens / 10; };
  const auto refused = [&](const wsd::schedule_settings& s, const char* name, const char* given, const char* needed) {
    return refuses([&] { wsd::make_schedule(best, s, smallest); }, name, given, needed);
  };
  CHECK(refused({.total_tokens = 10'000, .interval = 5'000, .largest_batch = 600}, "largest_batch", "600",
                "at least 1000 for the loss of 10000 tokens, or the target is unreachable"));
  CHECK(refused({.total_tokens = 10'000, .interval = 5'000, .ladder = {400, 800}}, "ladder", "up to 800",
                "at least 1000 for the loss of 10000 tokens, or the target is unreachable"));
  CHECK(refused({.total_tokens = 10'000, .interval = 5'000, .largest_ratio = 1.5}, "largest_ratio", "1.5",
                "at least 2 for the loss of 10000 tokens, or the target is unreachable"));
}

TEST_CASE("no stage of any law and settings falls below the smallest batch of its end, nor below a stage before") {
  random_numbers random(43);
  for (int i = 0; i < 300; ++i) {
    const wsd::additive_law law = random_trained_law(random);
    const wsd::schedule_settings s = random_settings(random);
    const auto best = [&](double tokens) { return law.batch_opt_of_tokens(tokens); };
    const auto smallest = [&](double tokens) { return wsd::batch_min_of_tokens(law, tokens); };
    const wsd::batch_schedule schedule = wsd::make_schedule(best, s, smallest);
    std::int64_t before = 0;
    for (std::size_t k = 0; k < schedule.stages.size(); ++k) {
      const wsd::batch_stage& stage = schedule.stages[k];
      CHECK(stage.batch > before);
      CHECK(stage.batch % s.granularity == 0);
      CHECK(stage.steps > 0);
      if (s.powers_of_two) CHECK(wsd::detail::is_power_of_two(stage.batch / s.granularity));
      if (s.integer_factors && before > 0) CHECK(stage.batch % before == 0);
      const auto end = static_cast<double>(std::min(stage.end_token(), s.total_tokens));
      // A run of one step has no smaller one.
      if (schedule.steps() > 1) CHECK(static_cast<double>(stage.batch) >= (1 + s.margin) * smallest(end));
      if (k + 1 < schedule.stages.size()) CHECK(stage.tokens() >= s.smallest_dwell - stage.batch);
      before = stage.batch;
    }
    CHECK(std::abs(schedule.tokens() - s.total_tokens) <= before);
    CHECK(wsd::parse_megatron_schedule(wsd::megatron_schedule(schedule, s.granularity)) ==
          wsd::switches_of(schedule, s.granularity));
  }
}

}  // namespace headwise::test
