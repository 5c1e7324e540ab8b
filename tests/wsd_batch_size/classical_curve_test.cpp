// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/classical_curve.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "headwise/wsd_batch_size/iso_loss_curve.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"

namespace headwise::test {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr wsd::classical_curve curve({.steps_min = 100, .tokens_min = 5000});

static_assert(curve.critical_batch() == 50);
static_assert(curve.steps(50) == 200 && curve.tokens(200) == 10000, "twice the least of both at the critical batch");
static_assert(curve.batch_min() == 0 && curve.batch_opt() == 0 && curve.steps_opt() == infinity);
static_assert(curve.tokens(100) == infinity && curve.steps(0) == infinity);

TEST_CASE("(E / E_min - 1)(S / S_min - 1) is 1 for every batch size, and more batch costs more tokens") {
  double before = curve.tokens_min();
  for (const double batch : {0.1, 1.0, 7.0, 50.0, 1e3, 1e6}) {
    const double steps = curve.steps(batch);
    const double tokens = wsd::tokens_of_batch(curve, batch);
    CHECK(equal_up_to_rounding((tokens / 5000 - 1) * (steps / 100 - 1), 1, 1e4));
    CHECK(equal_up_to_rounding(curve.tokens(steps), tokens, tokens * batch));
    CHECK(tokens > before);
    before = tokens;
  }
}

TEST_CASE("parameters that make no curve are refused by name") {
  CHECK(
      refuses([] { wsd::classical_curve({.steps_min = 0, .tokens_min = 1}); }, "steps_min", "0", "a positive number"));
  CHECK(refuses([] { wsd::classical_curve({.steps_min = 1, .tokens_min = std::nan("")}); }, "tokens_min", "nan",
                "a positive number"));
}

}  // namespace headwise::test
