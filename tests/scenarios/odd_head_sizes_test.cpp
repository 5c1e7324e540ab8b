// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/cpu/cpu_backend.hpp"
#include "support/head_sizes.hpp"

namespace headwise::test {

TEST_CASE("any head size works, and any value size beside it") {
  check_head_sizes<cpu_backend, float>(moderate_head_sizes{});
  check_head_sizes<cpu_backend, double>(head_size_list<head_size<1, 1>, head_size<59, 118>>{}, 3);
}

}  // namespace headwise::test
