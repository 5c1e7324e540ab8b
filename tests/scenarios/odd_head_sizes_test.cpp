// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/head_sizes.hpp"

namespace headwise::test {

TEST_CASE("any head size works, and any value size beside it") {
  check_sizes<1, 1>();
  check_sizes<4, 8>();
  check_sizes<8, 1>();
  check_sizes<24, 24>();
  check_sizes<40, 20>();
  check_sizes<46, 46>();
  check_sizes<59, 118>();
  check_sizes<64, 64>();
}

}  // namespace headwise::test
