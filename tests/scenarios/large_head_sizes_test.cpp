// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/head_sizes.hpp"

namespace headwise::test {

TEST_CASE("large head sizes work as well") {
  check_sizes<80, 80>();
  check_sizes<88, 44>();
  check_sizes<96, 96>();
  check_sizes<111, 111>();
  check_sizes<128, 256>();
  check_sizes<192, 128>();
  check_sizes<224, 224>();
  check_sizes<256, 256>();
}

}  // namespace headwise::test
