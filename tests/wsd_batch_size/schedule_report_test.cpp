// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/schedule_report.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "headwise/wsd_batch_size/token_maps.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"

namespace headwise::test {

// 2M tokens for 10 steps, then 4M for 5.
const wsd::batch_schedule doubling{{{2'000'000, 10, 0, 0}, {4'000'000, 5, 10, 20'000'000}}};
const wsd::additive_law law({.loss_floor = 1, .signal = 2, .signal_exponent = 1, .noise = 1e6, .noise_exponent = 1});

TEST_CASE("a report counts samples and passes") {
  const wsd::schedule_report report =
      wsd::report_of(doubling, {.sequence_length = 1000, .micro_batch = 10, .data_parallel = 50});
  REQUIRE(report.stages.size() == 2);
  CHECK(report.stages[0].stage == doubling.stages[0]);
  REQUIRE(report.stages[1].samples);
  CHECK(report.stages[1].samples->batch == 4000);
  CHECK(report.stages[1].samples->first == 20'000);
  CHECK(report.stages[1].samples->end == 40'000);
  CHECK(report.stages[0].gradient_accumulation == 4);
  CHECK(report.stages[1].gradient_accumulation == 8);
  CHECK(!report.stages[0].prediction);
}

TEST_CASE("a report leaves the learning rate alone unless it is told otherwise") {
  CHECK(wsd::report_of(doubling).stages[1].learning_rate_factor == 1);
  const wsd::schedule_report linear = wsd::report_of(doubling, {.scaling = wsd::learning_rate_scaling::linear});
  CHECK(linear.stages[0].learning_rate_factor == 1);
  CHECK(linear.stages[1].learning_rate_factor == 2);
}

TEST_CASE("an additive law predicts every stage from all steps so far") {
  const wsd::schedule_report report = wsd::report_of(doubling, {}, law);
  REQUIRE(report.stages[0].prediction);
  REQUIRE(report.stages[1].prediction);
  const wsd::stage_prediction& first = *report.stages[0].prediction;
  // 1 + 2 / 10 + 1e6 / 2e6
  CHECK(equal_up_to_rounding(first.loss, 1.7));
  CHECK(equal_up_to_rounding(first.batch_min, 1e6 / 0.7, 10 * 1e6 / 0.7));
  CHECK(equal_up_to_rounding(first.batch_opt, 2e6 / 0.7, 10 * 2e6 / 0.7));
  // (2 / 0.2) steps of 2e6 against (2e6 / 0.7) (4 / 0.7) tokens at the best batch.
  CHECK(equal_up_to_rounding(first.penalty, 2e7 * 0.49 / 8e6 - 1, 10));
  // 1 + 2 / 15 + 1e6 / 4e6
  CHECK(equal_up_to_rounding(report.stages[1].prediction->loss, 1 + 2.0 / 15 + 0.25));
}

TEST_CASE("any model predicts, and a batch that never reaches its loss has no finite penalty") {
  const wsd::power_law power({.critical_tokens = 4e7, .exponent = 1, .loss_floor = 0.2});
  const wsd::schedule_report report = wsd::report_of(
      doubling, {}, [&](const wsd::batch_stage& stage) { return power.loss(static_cast<double>(stage.end_token())); },
      [](double loss) { return law.at(loss); });
  CHECK(equal_up_to_rounding(report.stages[0].prediction->loss, 2.2));
  // 1.25 is the loss that 4M tends to.
  CHECK(equal_up_to_rounding(report.stages[1].prediction->loss, 1.2));
  CHECK(report.stages[1].prediction->penalty == std::numeric_limits<double>::infinity());
  CHECK(wsd::json_of(report).ends_with("\"penalty\": null, \"learning_rate_factor\": 1}]"));
}

TEST_CASE("tables show what a report knows") {
  CHECK(wsd::csv_of(wsd::report_of(doubling)) ==
        "stage,batch_tokens,steps,first_step,end_step,first_token,end_token,learning_rate_factor\n"
        "0,2000000,10,0,10,0,20000000,1\n"
        "1,4000000,5,10,15,20000000,40000000,1\n");
  const wsd::report_settings settings{.sequence_length = 1000,
                                      .micro_batch = 10,
                                      .data_parallel = 50,
                                      .scaling = wsd::learning_rate_scaling::square_root};
  const wsd::schedule_report report = wsd::report_of(doubling, settings, law);
  CHECK(wsd::csv_of(report) ==
        "stage,batch_tokens,steps,first_step,end_step,first_token,end_token,batch_samples,first_sample,end_sample,"
        "gradient_accumulation,loss,batch_min,batch_opt,penalty,learning_rate_factor\n"
        "0,2000000,10,0,10,0,20000000,2000,0,20000,4,1.7,1.42857e+06,2.85714e+06,0.225,1\n"
        "1,4000000,5,10,15,20000000,40000000,4000,20000,40000,8,1.38333,2.6087e+06,5.21739e+06,0.102083,1.41421\n");
  CHECK(wsd::markdown_of(report).starts_with(
      "| stage | batch, tokens | steps | from step | to step | from token | to token | batch, samples | from sample | "
      "to sample | gradient accumulation | loss at end | B_min | B_opt | penalty | learning rate factor |\n"));
  CHECK(wsd::json_of(wsd::schedule_report{}) == "[]");
}

TEST_CASE("layouts that do not fit the batches are refused by name") {
  const auto refused = [](const wsd::report_settings& s, const char* name, const char* given, const char* needed) {
    return refuses([&] { wsd::report_of(doubling, s); }, name, given, needed);
  };
  CHECK(refused({.sequence_length = -1}, "sequence_length", "-1", "zero or more"));
  CHECK(refused({.micro_batch = 2}, "sequence_length", "0", "a positive number, for gradient accumulation"));
  CHECK(refused({.sequence_length = 4096}, "schedule", "with a batch of 2000000 tokens",
                "multiples of the sequence length, 4096"));
  CHECK(refused({.sequence_length = 1000, .micro_batch = 3}, "schedule", "with a batch of 2000 samples",
                "multiples of micro batch times data parallel ranks, 3"));
  CHECK(refused({.sequence_length = 1000, .micro_batch = 1, .data_parallel = 0}, "data_parallel", "0",
                "a positive number"));
  CHECK(refused({.sequence_length = 1000, .micro_batch = std::int64_t{1} << 40, .data_parallel = 1 << 30},
                "micro_batch", "1099511627776", "at most 2305843009213693952 samples on all ranks"));
}

}  // namespace headwise::test
