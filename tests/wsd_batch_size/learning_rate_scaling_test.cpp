// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/learning_rate_scaling.hpp"

#include <doctest/doctest.h>

namespace headwise::test {

TEST_CASE("learning rates stay or grow with the batch, as they are told") {
  using wsd::learning_rate_scaling;
  CHECK(wsd::learning_rate_factor(learning_rate_scaling::none, 4) == 1);
  CHECK(wsd::learning_rate_factor(learning_rate_scaling::square_root, 4) == 2);
  CHECK(wsd::learning_rate_factor(learning_rate_scaling::linear, 4) == 4);
}

}  // namespace headwise::test
