// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/laurent_curve.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/iso_loss_curves.hpp"

namespace headwise::test {

// E = 3 S + A_0 + 3 * 4^2 / (S - 2) with the minimum 100 at S = 6: A_0 = 100 - 3 (12 - 2).
constexpr wsd::laurent_curve by_hand({.steps_min = 2, .steps_opt = 6, .tokens_min = 100, .batch_min = 3});
static_assert(by_hand.pole_weight() == 48 && by_hand.tail_intercept() == 70);
static_assert(by_hand.tokens(3) == 127 && by_hand.tokens(6) == 100 && by_hand.tokens(10) == 106);
static_assert(by_hand.slope(3) == -45 && by_hand.slope(6) == 0 && by_hand.slope(10) == 2.25);

TEST_CASE("steps of a batch solve E(S) = B S") {
  CHECK(equal_up_to_rounding(by_hand.steps(127.0 / 3), 3, 30));
  CHECK(equal_up_to_rounding(by_hand.steps(100.0 / 6), 6, 60));
  CHECK(equal_up_to_rounding(by_hand.steps(10.6), 10, 100));
}

TEST_CASE("an additive law with both exponents 1 has smooth curves of this form") {
  random_numbers random(21);
  for (int i = 0; i < 100; ++i) {
    const wsd::additive_law law({.loss_floor = 2,
                                 .signal = between_in_log(random, 1, 1e4),
                                 .signal_exponent = 1,
                                 .noise = between_in_log(random, 1, 1e6),
                                 .noise_exponent = 1});
    const wsd::additive_curve exact = law.at(2 + between_in_log(random, 0.05, 2));
    const wsd::laurent_curve same({.steps_min = exact.steps_min(),
                                   .steps_opt = exact.steps_opt(),
                                   .tokens_min = exact.tokens_min(),
                                   .batch_min = exact.batch_min()});
    CHECK(equal_up_to_rounding(same.batch_opt(), 2 * exact.batch_min()));
    for (const double factor : {1.1, 2.0, 5.0, 50.0}) {
      const double steps = factor * exact.steps_min();
      CHECK(equal_up_to_rounding(same.tokens(steps), exact.tokens(steps), 20 * exact.tokens(steps)));
    }
  }
}

TEST_CASE("parameters that make no curve are refused by name") {
  CHECK(refuses([] { wsd::laurent_curve({.steps_min = 6, .steps_opt = 6, .tokens_min = 100, .batch_min = 3}); },
                "steps_min", "6", "less than steps_opt, 6"));
  CHECK(refuses([] { wsd::laurent_curve({.steps_min = 2, .steps_opt = 6, .tokens_min = 100, .batch_min = 10}); },
                "batch_min", "10", "less than tokens_min / (2 steps_opt - steps_min), 10"));
  CHECK(refuses([] { wsd::laurent_curve({.steps_min = 2, .steps_opt = 6, .tokens_min = INFINITY, .batch_min = 10}); },
                "tokens_min", "inf", "a positive number"));
}

}  // namespace headwise::test
