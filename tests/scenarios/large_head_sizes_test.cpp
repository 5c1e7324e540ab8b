// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/cpu/cpu_backend.hpp"
#include "support/head_sizes.hpp"

namespace headwise::test {

TEST_CASE("large head sizes work as well") {
  check_head_sizes<cpu_backend, float>(large_head_sizes{});
  check_head_sizes<cpu_backend, double>(head_size_list<head_size<111, 111>>{}, 3);
}

}  // namespace headwise::test
