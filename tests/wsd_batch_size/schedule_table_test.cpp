// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/schedule_table.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace headwise::test {

// 2M tokens for 10 steps, then 4M for 5.
const wsd::batch_schedule doubling{{{2'000'000, 10, 0, 0}, {4'000'000, 5, 10, 20'000'000}}};

TEST_CASE("tables have a row for every stage") {
  CHECK(wsd::csv_of(doubling) ==
        "stage,batch_tokens,steps,first_step,end_step,first_token,end_token\n"
        "0,2000000,10,0,10,0,20000000\n"
        "1,4000000,5,10,15,20000000,40000000\n");
  CHECK(wsd::markdown_of(doubling) ==
        "| stage | batch, tokens | steps | from step | to step | from token | to token |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| 0 | 2000000 | 10 | 0 | 10 | 0 | 20000000 |\n"
        "| 1 | 4000000 | 5 | 10 | 15 | 20000000 | 40000000 |\n");
  CHECK(wsd::json_of(doubling) ==
        "[{\"stage\": 0, \"batch_tokens\": 2000000, \"steps\": 10, \"first_step\": 0, \"end_step\": 10, "
        "\"first_token\": 0, \"end_token\": 20000000}, "
        "{\"stage\": 1, \"batch_tokens\": 4000000, \"steps\": 5, \"first_step\": 10, \"end_step\": 15, "
        "\"first_token\": 20000000, \"end_token\": 40000000}]");
  CHECK(wsd::json_of(wsd::batch_schedule{}) == "[]");
}

TEST_CASE("numbers have six digits, and what JSON has no number for is null") {
  const wsd::schedule_table table{{"loss", "loss", {wsd::detail::cell_of(2.0 / 3), wsd::detail::cell_of(1e-7)}},
                                  {"penalty",
                                   "penalty",
                                   {wsd::detail::cell_of(std::numeric_limits<double>::infinity()),
                                    wsd::detail::cell_of(std::numeric_limits<double>::quiet_NaN())}}};
  CHECK(wsd::csv_of(table) == "loss,penalty\n0.666667,inf\n1e-07,nan\n");
  CHECK(wsd::json_of(table) == "[{\"loss\": 0.666667, \"penalty\": null}, {\"loss\": 1e-07, \"penalty\": null}]");
}

}  // namespace headwise::test
