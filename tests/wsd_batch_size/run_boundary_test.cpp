// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/run_boundary.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "support/errors.hpp"
#include "support/random.hpp"

namespace headwise::test {

// 2M tokens for 10 steps, then 4M for 5.
const wsd::batch_schedule doubling{{{2'000'000, 10, 0, 0}, {4'000'000, 5, 10, 20'000'000}}};

TEST_CASE("boundaries in any unit are the same places of the run") {
  // The final batch alone would say 7 steps.
  const wsd::run_boundary decay{12, 28'000'000, 28'000};
  CHECK(wsd::boundary_at_steps(doubling, 12, 1000) == decay);
  CHECK(wsd::boundary_at_tokens(doubling, 28'000'000, 1000) == decay);
  CHECK(wsd::boundary_at_samples(doubling, 28'000, 1000) == decay);
  CHECK(wsd::boundary_at_steps(doubling, 0, 1000) == wsd::run_boundary{});
  CHECK(wsd::boundary_at_tokens(doubling, 0, 1000) == wsd::run_boundary{});
}

TEST_CASE("tokens within a step are seen at its end") {
  CHECK(wsd::boundary_at_tokens(doubling, 1, 1000) == wsd::run_boundary{1, 2'000'000, 2000});
  CHECK(wsd::boundary_at_tokens(doubling, 20'000'000, 1000) == wsd::run_boundary{10, 20'000'000, 20'000});
  CHECK(wsd::boundary_at_tokens(doubling, 20'000'001, 1000) == wsd::run_boundary{11, 24'000'000, 24'000});
}

TEST_CASE("behind its end a run goes on with its last batch") {
  CHECK(wsd::boundary_at_steps(doubling, 20, 1000) == wsd::run_boundary{20, 60'000'000, 60'000});
  CHECK(wsd::boundary_at_tokens(doubling, 41'000'000, 1000) == wsd::run_boundary{16, 44'000'000, 44'000});
}

TEST_CASE("every step of any schedule is found again by its tokens and by its samples") {
  random_numbers random(81);
  for (int i = 0; i < 200; ++i) {
    const std::int64_t sequence_length = random.between(1, 1 << 13);
    wsd::batch_schedule schedule;
    std::int64_t samples = 0;
    for (int stage = 0; stage < 4; ++stage)
      schedule.append(sequence_length * (samples += random.between(1, 1000)), random.between(1, 1'000'000));
    const std::int64_t steps = random.between(0, schedule.steps());
    const wsd::run_boundary place = wsd::boundary_at_steps(schedule, steps, sequence_length);
    CHECK(place.steps == steps);
    CHECK(place.tokens == sequence_length * place.samples);
    CHECK(wsd::boundary_at_tokens(schedule, place.tokens, sequence_length) == place);
    CHECK(wsd::boundary_at_samples(schedule, place.samples, sequence_length) == place);
    CHECK(wsd::boundary_at_tokens(schedule, place.tokens + 1, sequence_length).steps == steps + 1);
  }
}

TEST_CASE("places outside any run are refused by name") {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  CHECK(refuses([] { wsd::boundary_at_steps({}, 1, 1); }, "schedule", "empty", "at least one stage"));
  CHECK(refuses([] { wsd::boundary_at_tokens({}, 1, 1); }, "schedule", "empty", "at least one stage"));
  CHECK(refuses([] { wsd::boundary_at_steps(doubling, -1, 1); }, "steps", "-1", "zero or more"));
  CHECK(refuses([] { wsd::boundary_at_tokens(doubling, -1, 1); }, "tokens", "-1", "zero or more"));
  CHECK(refuses([] { wsd::boundary_at_samples(doubling, -1, 1); }, "samples", "-1", "zero or more"));
  CHECK(refuses([] { wsd::boundary_at_samples(doubling, 1, 0); }, "sequence_length", "0", "a positive number"));
  CHECK(refuses([] { wsd::boundary_at_steps(doubling, 1, 4096); }, "schedule", "with a batch of 2000000 tokens",
                "multiples of the sequence length, 4096"));
  CHECK(refuses([] { wsd::boundary_at_steps(doubling, huge, 1); }, "steps", "9223372036854775807",
                "at most 576460752309, which is as many tokens as can be counted"));
  CHECK(refuses([] { wsd::boundary_at_tokens(doubling, huge, 1); }, "tokens", "9223372036854775807",
                "at most 2305843009213693952"));
  CHECK(refuses([] { wsd::boundary_at_samples(doubling, huge, 1000); }, "samples", "9223372036854775807",
                "at most 2305843009213693"));
  CHECK(wsd::boundary_at_tokens(doubling, wsd::most_tokens, 1).tokens >= wsd::most_tokens);
}

}  // namespace headwise::test
