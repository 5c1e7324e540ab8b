// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/bootstrap.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/piecewise_model.hpp"
#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

using model = wsd::piecewise_model<false>;

TEST_CASE("the middle of numbers lies between their order statistics") {
  CHECK(wsd::middle_of({3, 1, 2, 5, 4}, 1).low == 1);
  CHECK(wsd::middle_of({3, 1, 2, 5, 4}, 1).high == 5);
  CHECK(equal_up_to_rounding(wsd::middle_of({0, 1, 2, 3, 4}, 0.9).low, 0.2, 4));
  CHECK(equal_up_to_rounding(wsd::middle_of({0, 1, 2, 3, 4}, 0.9).high, 3.8, 4));
  CHECK(wsd::middle_of({7}, 0.9).low == 7);
  CHECK(refuses([] { wsd::middle_of({}, 0.9); }, "values", "empty", "at least one"));
  CHECK(refuses([] { wsd::middle_of({1, 2}, 1.5); }, "share", "1.5", "more than 0 and at most 1"));
  CHECK(refuses([] { wsd::middle_of({1, 2}, std::nan("")); }, "share", "nan", "more than 0 and at most 1"));
}

TEST_CASE("intervals of ninety percent hold the truth about that often") {
  constexpr int sets = 60;
  int batch_min = 0;
  int batch_opt = 0;
  int tokens_min = 0;
  for (std::uint64_t set = 1; set <= sets; ++set) {
    const auto points = measured(smooth_join_truth, 1.2e6, 16e6, 10, 0.02, 1000 + set);
    const auto found = wsd::bootstrap_curve<model>(points, {.draws = 60, .share = 0.9, .seed = set});
    batch_min += found.batch_min.holds(smooth_join_truth.batch_min()) ? 1 : 0;
    batch_opt += found.batch_opt.holds(smooth_join_truth.batch_opt()) ? 1 : 0;
    tokens_min += found.tokens_min.holds(smooth_join_truth.tokens_min()) ? 1 : 0;
  }
  MESSAGE("of ", sets, " intervals hold: B_min ", batch_min, ", B_opt ", batch_opt, ", E_min ", tokens_min);
  for (const int held : {batch_min, batch_opt, tokens_min}) {
    CHECK(held >= sets * 0.75);
    CHECK(held <= sets * 0.97);
  }
}

TEST_CASE("the same seed gives the same intervals, another one others") {
  const auto points = measured(smooth_join_truth, 1.2e6, 16e6, 10, 0.02, 5);
  const auto once = wsd::bootstrap_curve<model>(points, {.draws = 20, .share = 0.9, .seed = 1});
  const auto again = wsd::bootstrap_curve<model>(points, {.draws = 20, .share = 0.9, .seed = 1});
  const auto other = wsd::bootstrap_curve<model>(points, {.draws = 20, .share = 0.9, .seed = 2});
  CHECK(once.batch_opt.low == again.batch_opt.low);
  CHECK(once.batch_opt.low != other.batch_opt.low);
}

}  // namespace headwise::test
