// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/simulation.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "headwise/wsd_batch_size/batch_table.hpp"
#include "headwise/wsd_batch_size/noisy_quadratic.hpp"
#include "headwise/wsd_batch_size/relaxed_law.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"

namespace headwise::test {

// 2M tokens for 10 steps, then 4M for 5.
const wsd::batch_schedule doubling{{{2'000'000, 10, 0, 0}, {4'000'000, 5, 10, 20'000'000}}};

/// A process whose loss tells its history.
struct witness {
  double tokens = 0;

  void advance(double steps, double batch) { tokens += steps * batch; }
  double loss() const { return -tokens; }
};

static_assert(wsd::training_process<witness>);
static_assert(wsd::training_process<wsd::relaxed_law>);
static_assert(wsd::training_process<wsd::noisy_quadratic>);

TEST_CASE("a simulation says where a run is at the end of every stage") {
  const std::vector<wsd::simulated_stage> stages = wsd::simulate(witness{}, doubling);
  REQUIRE(stages.size() == 2);
  CHECK(stages[0].tokens == 20'000'000);
  CHECK(stages[0].steps == 10);
  CHECK(stages[0].loss == -20'000'000);
  CHECK(stages[1].tokens == 40'000'000);
  CHECK(stages[1].steps == 15);
  CHECK(stages[1].loss == -40'000'000);
  CHECK(wsd::simulate(witness{}, {}).empty());
}

TEST_CASE("hours follow from a table of throughputs") {
  // 20M tokens at 1000 tokens per second, and 20M at 4000.
  const wsd::batch_table throughput({{2e6, 1000}, {4e6, 4000}});
  CHECK(equal_up_to_rounding(wsd::hours_of(doubling, throughput), 25000.0 / 3600));
  CHECK(refuses([] { wsd::hours_of(doubling, [](double) { return 0.0; }); }, "throughput", "0", "a positive number"));
}

}  // namespace headwise::test
