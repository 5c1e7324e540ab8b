// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/compare_schedules.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/noisy_quadratic.hpp"
#include "headwise/wsd_batch_size/relaxed_law.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

const wsd::additive_law law(
    {.loss_floor = 1.7, .signal = 40, .signal_exponent = 0.5, .noise = 2e5, .noise_exponent = 1});

TEST_CASE("the best constant batch of a law is that of its tokens") {
  // Half of the range that the search leaves, in ln B.
  CHECK(relative_error(wsd::best_constant_batch(wsd::relaxed_law(law, 0), 1e11, 1e3, 1e8),
                       law.batch_opt_of_tokens(1e11)) < 5e-4);
  CHECK(refuses([] { wsd::best_constant_batch(wsd::relaxed_law(law, 0), 1e11, 5, 5); }, "smallest_batch", "5",
                "less than largest_batch, 5"));
}

TEST_CASE("a constant schedule is one stage of the nearest allowed batch") {
  const wsd::batch_schedule schedule = wsd::constant_schedule(100'000, 1100, 512);
  CHECK(schedule == wsd::batch_schedule{{{1024, 98, 0, 0}}});
}

TEST_CASE("the noisy quadratic ends where an independent computation ends, with every schedule") {
  const wsd::noisy_quadratic start({});
  // The fewest tokens that reach a loss of 1.84, and the best batches along the way.
  constexpr std::int64_t total = 64'680'000'000;
  const auto best = [&](double tokens) { return wsd::best_constant_batch(start, tokens, 1e5, 3e7); };
  const double constant = best(static_cast<double>(total));
  const wsd::batch_schedule staircase =
      wsd::make_schedule(best, {.total_tokens = total, .interval = total / 8, .smallest_rise = 0});
  CHECK(staircase.stages.size() == 8);
  const std::vector<wsd::compared_schedule> compared =
      wsd::compare_schedules(start, constant, staircase, {.total_tokens = total});
  // That computation took best batches from a grid of losses and batch sizes, to a part in 250, and those of the
  // arithmetic means of stages; around the best batch the loss is flat.
  struct outcome {
    std::string name;
    double loss;
    double steps;
  };
  const std::vector<outcome> expected = {{"constant", 1.8400, 39.9e3},
                                         {"half", 1.8706, 79.8e3},
                                         {"twice", 1.8640, 19.95e3},
                                         {"staircase", 1.8185, 59.0e3},
                                         {"late switch", 1.7356, 159.6e3}};
  REQUIRE(compared.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(expected[i].name);
    CHECK(compared[i].name == expected[i].name);
    CHECK(std::abs(compared[i].loss - expected[i].loss) < 6e-4);
    CHECK(relative_error(static_cast<double>(compared[i].schedule.steps()), expected[i].steps) < 0.01);
    CHECK(std::abs(compared[i].schedule.tokens() - total) <= compared[i].schedule.stages.back().batch);
    CHECK(!compared[i].hours);
  }
  // Small batches at first, and eight times the best constant one in the end.
  REQUIRE(compared[4].schedule.stages.size() == 2);
  CHECK(relative_error(static_cast<double>(compared[4].schedule.stages[1].batch), 8 * constant) < 1e-6);
}

TEST_CASE("a late switch wins the more the faster noise dies, and nothing where it outlives the run") {
  constexpr std::int64_t total = 100'000'000'000;
  const double best = law.batch_opt_of_tokens(1e11);
  const wsd::batch_schedule constant = wsd::constant_schedule(total, best);
  const auto late_switch = [&](double time_constant) {
    return wsd::best_late_switch(wsd::relaxed_law(law, time_constant), best, {.total_tokens = total});
  };
  const auto end = [&](double time_constant) {
    return wsd::simulate(wsd::relaxed_law(law, time_constant), late_switch(time_constant)).back().loss;
  };
  CHECK(end(0) < end(3000));
  CHECK(end(3000) < wsd::simulate(wsd::relaxed_law(law, 3000), constant).back().loss);
  CHECK(late_switch(1e9) == constant);
}

TEST_CASE("comparisons count hours where a throughput is known, in batches of the granularity") {
  const wsd::batch_schedule staircase = wsd::constant_schedule(1'000'000'000, 3e5, 4096);
  const std::vector<wsd::compared_schedule> compared = wsd::compare_schedules(
      wsd::relaxed_law(law, 0), 3e5, staircase,
      {.total_tokens = 1'000'000'000, .granularity = 4096, .throughput = wsd::batch_table({{1, 1e6}})});
  for (const wsd::compared_schedule& entry : compared) {
    REQUIRE(entry.hours);
    CHECK(relative_error(*entry.hours, static_cast<double>(entry.schedule.tokens()) / 3.6e9) < 1e-12);
    for (const wsd::batch_stage& stage : entry.schedule.stages) CHECK(stage.batch % 4096 == 0);
  }
}

TEST_CASE("comparisons without a meaning are refused by name") {
  const wsd::relaxed_law start(law, 0);
  const wsd::batch_schedule staircase = wsd::constant_schedule(1000, 10);
  CHECK(refuses([&] { wsd::compare_schedules(start, 0, staircase, {.total_tokens = 1000}); }, "best_batch", "0",
                "a positive number"));
  CHECK(refuses([&] { wsd::compare_schedules(start, 10, {}, {.total_tokens = 1000}); }, "staircase", "empty",
                "at least one stage"));
  CHECK(refuses([&] { wsd::compare_schedules(start, 10, staircase, {.total_tokens = 1011}); }, "staircase",
                "of 1000 tokens", "1011 tokens, within one batch"));
  const auto refused = [&](const wsd::late_switches& s, const char* name, const char* given, const char* needed) {
    return refuses([&] { wsd::best_late_switch(start, 10, {.total_tokens = 1000, .switches = s}); }, name, given,
                   needed);
  };
  CHECK(refused({.places = 1}, "places", "1", "two or more"));
  CHECK(refused({.largest_factor = 1}, "largest_factor", "1", "more than 1"));
  CHECK(refused({.shares = {0.5, 1}}, "shares", "with 1", "parts between 0 and 1"));
}

}  // namespace headwise::test
