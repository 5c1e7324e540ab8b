// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/batch_schedule.hpp"

#include <doctest/doctest.h>

#include "support/errors.hpp"

namespace headwise::test {

TEST_CASE("a schedule grows stage by stage, and a stage by the same batch") {
  wsd::batch_schedule schedule;
  CHECK(schedule.steps() == 0);
  CHECK(schedule.tokens() == 0);
  CHECK(schedule.batch_at(0) == 0);
  schedule.append(10, 3);
  schedule.append(10, 2);
  schedule.append(20, 1);
  CHECK(schedule == wsd::batch_schedule{{{10, 5, 0, 0}, {20, 1, 5, 50}}});
  CHECK(schedule.steps() == 6);
  CHECK(schedule.tokens() == 70);
  CHECK(schedule.batch_at(49) == 10);
  CHECK(schedule.batch_at(50) == 20);
}

TEST_CASE("batches are whole numbers of samples or refused by name") {
  CHECK(wsd::batch_in_samples({.batch = 4096, .steps = 1}, 1024) == 4);
  CHECK(refuses([] { wsd::batch_in_samples({.batch = 4096, .steps = 1}, 1000); }, "schedule",
                "with a batch of 4096 tokens", "multiples of the sequence length, 1000"));
  CHECK(refuses([] { wsd::batch_in_samples({.batch = 4096, .steps = 1}, 0); }, "sequence_length", "0",
                "a positive number"));
}

}  // namespace headwise::test
