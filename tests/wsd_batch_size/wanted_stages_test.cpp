// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/wanted_stages.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "headwise/wsd_batch_size/make_schedule.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"

namespace headwise::test {

TEST_CASE("stages of an interval want the batch of their geometric mean, the first one that of its middle") {
  const auto tokens_themselves = [](double tokens) { return tokens; };
  const std::vector<wsd::detail::wanted_stage> stages =
      wsd::detail::stages_of_interval(tokens_themselves, {.total_tokens = 250, .interval = 100});
  REQUIRE(stages.size() == 3);
  CHECK(stages[0].first_token == 0);
  CHECK(stages[0].batch == 50);
  CHECK(stages[1].first_token == 100);
  CHECK(equal_up_to_rounding(stages[1].batch, std::sqrt(100.0 * 200.0)));
  CHECK(stages[2].first_token == 200);
  CHECK(equal_up_to_rounding(stages[2].batch, std::sqrt(200.0 * 250.0)));
}

TEST_CASE("stages of a ladder begin at the first token that wants them") {
  const auto tokens_themselves = [](double tokens) { return tokens; };
  const std::vector<wsd::detail::wanted_stage> stages = wsd::detail::stages_of_ladder(
      tokens_themselves, wsd::no_smallest_batch{}, {.total_tokens = 100, .ladder = {10, 20, 40, 400}});
  REQUIRE(stages.size() == 3);
  CHECK(stages[0].first_token == 0);
  // 14.1 and 28.3 lie midway.
  CHECK(stages[1].first_token == 15);
  CHECK(stages[2].first_token == 29);
  CHECK(stages[2].batch == 40);
}

TEST_CASE("stages of a ladder end where their batch still is large enough") {
  const auto nothing = [](double) { return 1.0; };
  const auto half = [](double tokens) { return tokens / 2; };
  const std::vector<wsd::detail::wanted_stage> stages =
      wsd::detail::stages_of_ladder(nothing, half, {.total_tokens = 60, .ladder = {10, 20, 40}});
  REQUIRE(stages.size() == 3);
  CHECK(stages[1].first_token == 20);
  CHECK(stages[2].first_token == 40);
}

TEST_CASE("a function that gives no batch size is refused with what it gave") {
  const wsd::schedule_settings s{.total_tokens = 200, .interval = 100};
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity(), 1e300}) {
    const std::string given = headwise::detail::to_text(bad);
    const std::string needed = "positive numbers up to 2305843009213693952";
    CAPTURE(bad);
    CHECK(refuses([&] { wsd::make_schedule([&](double) { return bad; }, s); }, "batch_of_tokens",
                  given + " at 50 tokens", needed));
    CHECK(refuses([&] { wsd::make_schedule([](double) { return 1.0; }, s, [&](double) { return bad; }); },
                  "smallest_batch", given + " at 100 tokens", needed));
  }
}

}  // namespace headwise::test
