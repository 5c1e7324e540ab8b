// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/profile.hpp"

#include <doctest/doctest.h>

#include "headwise/wsd_batch_size/piecewise_model.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

using model = wsd::piecewise_model<false>;

constexpr wsd::fit_settings no_priors{.shape_priors = false};

TEST_CASE("a tail in the data bounds the smallest batch on both sides, the closer the less noise there is") {
  double width_before = 1;
  for (const double noise : {0.02, 0.005}) {
    const auto points = measured(smooth_join_truth, 1.15e6, 16e6, 16, noise, 3);
    const double estimate = wsd::fit_curve<model>(points, no_priors).curve.batch_min();
    const auto found = wsd::profile_batch_min<model>(points, 2.71, no_priors);
    REQUIRE(found.low.has_value());
    REQUIRE(found.high.has_value());
    CHECK(*found.low < estimate);
    CHECK(*found.high > estimate);
    CHECK(*found.high < 1.15e6);
    CHECK(*found.high / *found.low - 1 < 0.6 * width_before);
    width_before = *found.high / *found.low - 1;
  }
}

TEST_CASE("more may be allowed, and the interval widens") {
  const auto points = measured(smooth_join_truth, 1.15e6, 16e6, 16, 0.01, 4);
  const auto narrow = wsd::profile_batch_min<model>(points, 1, no_priors);
  const auto wide = wsd::profile_batch_min<model>(points, 4, no_priors);
  CHECK(wide.low.value_or(0) < narrow.low.value_or(0));
  CHECK(wide.high.value_or(0) > narrow.high.value_or(0));
}

TEST_CASE("without a tail the lower side is open, the smallest batch that arrived bounds the upper one") {
  const auto points = measured(smooth_join_truth, 1.9e6, 16e6, 10, 0.02, 5);
  const auto found = wsd::profile_batch_min<model>(points, 2.71, no_priors);
  CHECK(!found.low.has_value());
  CHECK(found.high.value_or(1e9) < 1.9e6);
}

}  // namespace headwise::test
