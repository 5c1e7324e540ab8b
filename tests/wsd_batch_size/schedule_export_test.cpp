// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/schedule_export.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/errors.hpp"
#include "support/random.hpp"

namespace headwise::test {

// 2M tokens for 10 steps, then 4M for 5 and 6M for 2.
const wsd::batch_schedule three{
    {{2'000'000, 10, 0, 0}, {4'000'000, 5, 10, 20'000'000}, {6'000'000, 2, 15, 40'000'000}}};
const wsd::batch_schedule doubling{{{2'000'000, 10, 0, 0}, {4'000'000, 5, 10, 20'000'000}}};

TEST_CASE("Megatron is told tokens and samples") {
  CHECK(wsd::megatron_schedule(three, 1000) == "0:2000 20M:4000 40M:6000");
  CHECK(refuses([] { wsd::megatron_schedule(three, 4096); }, "schedule", "with a batch of 2000000 tokens",
                "multiples of the sequence length, 4096"));
  CHECK(refuses([] { wsd::megatron_schedule(three, 0); }, "sequence_length", "0", "a positive number"));
}

TEST_CASE("what Megatron is told reads back as the same switches") {
  random_numbers random(51);
  for (int i = 0; i < 200; ++i) {
    wsd::batch_schedule schedule;
    for (int stage = 0; stage < 5; ++stage)
      schedule.stages.push_back(
          {4096 * random.between(1, 1'000'000), random.between(1, 1'000'000), schedule.steps(), schedule.tokens()});
    CHECK(wsd::parse_megatron_schedule(wsd::megatron_schedule(schedule, 4096)) == wsd::switches_of(schedule, 4096));
  }
  CHECK(wsd::parse_megatron_schedule("0:768  250b:1536 1T:3k") ==
        std::vector<wsd::batch_switch>{{0, 768}, {250'000'000'000, 1536}, {1'000'000'000'000, 3000}});
  CHECK(wsd::parse_megatron_schedule("").empty());
}

TEST_CASE("other texts are refused by name") {
  CHECK(refuses([] { wsd::parse_megatron_schedule("0:768 5"); }, "text", "5", "entries of the form tokens:samples"));
  for (const std::string bad : {"x", "", "1.5B", "-3", "1BB", "99999999999T"}) {
    CAPTURE(bad);
    CHECK(refuses([&] { wsd::parse_megatron_schedule("0:" + bad); }, "text", bad, "whole numbers, with K, M, B or T"));
  }
}

TEST_CASE("OLMo-core is told lists, of whole factors only") {
  const wsd::olmo_core_lists lists = wsd::olmo_core_schedule(doubling);
  CHECK(lists.batch_sizes == std::vector<std::int64_t>{2'000'000, 4'000'000});
  CHECK(lists.schedule == std::vector<std::int64_t>{0, 20'000'000});
  CHECK(refuses([] { wsd::olmo_core_schedule(three); }, "schedule", "with 6000000 tokens behind 4000000",
                "whole factors from batch to batch, as integer_factors gives them"));
}

}  // namespace headwise::test
