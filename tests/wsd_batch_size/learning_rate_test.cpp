// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/learning_rate.hpp"

#include <doctest/doctest.h>

#include "support/errors.hpp"

namespace headwise::test {

constexpr wsd::learning_rate_schedule run{.peak = 2, .warm_up_steps = 4, .stable_steps = 3, .decay_steps = 3};
static_assert(run.steps() == 10);
static_assert(run.at(1) == 0.5 && run.at(4) == 2, "the warm-up ends at the peak");
static_assert(run.at(5) == 2 && run.at(7) == 2);
static_assert(run.at(8) == 1.5 && run.at(10) == 0.5 && run.at(11) == 0 && run.at(50) == 0);

TEST_CASE("without warm-up and decay the rate is the peak") {
  const wsd::learning_rate_schedule constant = wsd::warmup_stable_decay(0.1, 5, 0, 0);
  CHECK(constant.stable_steps == 5);
  for (std::int64_t step = 1; step <= 5; ++step) CHECK(constant.at(step) == 0.1);
}

TEST_CASE("warm-up and decay that do not fit are refused by name") {
  CHECK(
      refuses([] { wsd::warmup_stable_decay(1, 10, 6, 5); }, "steps", "10", "at least those of warm-up and decay, 11"));
  CHECK(refuses([] { wsd::warmup_stable_decay(1, 10, -1, 5); }, "warm_up_steps", "-1", "zero or more"));
  CHECK(refuses([] { wsd::warmup_stable_decay(1, 10, 1, -5); }, "decay_steps", "-5", "zero or more"));
}

}  // namespace headwise::test
