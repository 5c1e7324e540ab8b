// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/allowed_batches.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace headwise::test {

using wsd::detail::allowed_batches;

TEST_CASE("batches are rounded in their logarithm, and down where two are as near") {
  const wsd::schedule_settings tens{.granularity = 10};
  const allowed_batches allowed(tens, 0);
  CHECK(allowed.nearest(1.0) == 10);
  CHECK(allowed.nearest(14) == 10);
  CHECK(allowed.nearest(14.2) == 20);
  CHECK(allowed.nearest(20) == 20);
  CHECK(allowed.nearest(std::sqrt(600.0) - 1e-9) == 20);
  const wsd::schedule_settings powers{.granularity = 10, .powers_of_two = true};
  CHECK(allowed_batches(powers, 0).nearest(28.2) == 20);
  CHECK(allowed_batches(powers, 0).nearest(28.3) == 40);
  // sqrt(20 * 45) = 30 lies midway.
  const wsd::schedule_settings ladder{.granularity = 5, .ladder = {20, 45, 80}};
  CHECK(allowed_batches(ladder, 0).nearest(30) == 20);
  CHECK(allowed_batches(ladder, 0).nearest(30.1) == 45);
  CHECK(allowed_batches(ladder, 0).nearest(1e9) == 80);
}

TEST_CASE("behind a batch, whole factors are its multiples") {
  const wsd::schedule_settings whole{.granularity = 10, .integer_factors = true};
  CHECK(allowed_batches(whole, 0).nearest(31) == 30);
  CHECK(allowed_batches(whole, 30).nearest(50) == 60);
  CHECK(allowed_batches(whole, 30).at_most(89) == 60);
}

TEST_CASE("bounds are met from their side, or there is none") {
  const wsd::schedule_settings tens{.granularity = 10};
  CHECK(allowed_batches(tens, 0).at_most(9) == 0);
  CHECK(allowed_batches(tens, 0).at_most(10) == 10);
  CHECK(allowed_batches(tens, 0).at_least(10) == 10);
  CHECK(allowed_batches(tens, 0).at_least(10.5) == 20);
  const wsd::schedule_settings ladder{.ladder = {20, 45, 80}};
  CHECK(allowed_batches(ladder, 0).at_most(19) == 0);
  CHECK(allowed_batches(ladder, 0).at_least(46) == 80);
  CHECK(allowed_batches(ladder, 0).at_least(81) == 0);
  const wsd::schedule_settings coarse{.granularity = wsd::most_tokens, .powers_of_two = true};
  CHECK(allowed_batches(coarse, 0).at_most(1e30) == wsd::most_tokens);
  CHECK(allowed_batches(coarse, 0).at_least(1e30) == 0);
}

}  // namespace headwise::test
