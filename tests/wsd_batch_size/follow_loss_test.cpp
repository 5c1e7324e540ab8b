// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/follow_loss.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "headwise/wsd_batch_size/make_schedule.hpp"
#include "headwise/wsd_batch_size/relaxed_law.hpp"
#include "headwise/wsd_batch_size/token_maps.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

const wsd::additive_law law(
    {.loss_floor = 1.7, .signal = 40, .signal_exponent = 0.5, .noise = 2e5, .noise_exponent = 1});

double best_batch(double loss) { return law.at(loss).batch_opt(); }

wsd::batch_table followed(double time_constant, int rows) {
  return wsd::follow_loss(wsd::relaxed_law(law, time_constant), best_batch,
                          {.first_batch = 1e3, .total_tokens = 1e11, .rows = rows});
}

/// How far a table is from the closed form, once the first batch is forgotten.
double distance(const wsd::batch_table& table) {
  double largest = 0;
  for (double tokens = 1e8; tokens < 1e11; tokens *= 3)
    largest = std::max(largest, relative_error(table(tokens), wsd::followed_batch_of_tokens(law, tokens)));
  return largest;
}

TEST_CASE("a batch that follows its own loss grows as the law says, up to the lag of a row") {
  // Rows are in the ratio 1e8^(1/1000) = 1.0186, and batches in that to the power of a third.
  const double coarse = distance(followed(0, 1000));
  CHECK(coarse < 0.0062);
  // A tenth of the lag has a tenth of the error.
  CHECK(distance(followed(0, 10000)) < coarse / 8);
}

TEST_CASE("noise that relaxes slowly holds the batch back, until the steps of smaller batches pay") {
  const wsd::batch_table at_once = followed(0, 1000);
  const wsd::batch_table slow = followed(2000, 1000);
  CHECK(slow(1e9) < at_once(1e9));
  CHECK(slow(8e10) > at_once(8e10));
}

TEST_CASE("a schedule made along its own loss rises") {
  const wsd::batch_table table = followed(0, 1000);
  const wsd::batch_schedule schedule =
      wsd::make_schedule(table, {.total_tokens = 100'000'000'000, .granularity = 1 << 15, .interval = 12'500'000'000});
  CHECK(schedule.stages.size() > 3);
  CHECK(schedule.tokens() > 99'000'000'000);
}

TEST_CASE("where a batch cannot follow is refused by name") {
  const auto refused = [](const wsd::follow_settings& s, const char* name, const char* given, const char* needed) {
    return refuses([&] { wsd::follow_loss(wsd::relaxed_law(law, 0), best_batch, s); }, name, given, needed);
  };
  CHECK(refused({.first_batch = 0, .total_tokens = 9}, "first_batch", "0", "a positive number"));
  CHECK(refused({.first_batch = 9, .total_tokens = 9}, "first_batch", "9", "less than total_tokens, 9"));
  CHECK(refused({.first_batch = 1, .total_tokens = 9, .rows = 0}, "rows", "0", "a positive number"));
  CHECK(refuses(
      [] {
        wsd::follow_loss(wsd::relaxed_law(law, 0), [](double) { return std::nan(""); },
                         {.first_batch = 1, .total_tokens = 9});
      },
      "best_batch", "nan", "a positive number"));
}

}  // namespace headwise::test
