// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/backends.hpp"
#include "support/conformance.hpp"
#include "support/head_groups.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_DEFINE("groups of any size agree with the reference", Setting, group_sizes) {
  check_various_sizes<Setting>(53);
}
TEST_CASE_TEMPLATE_APPLY(group_sizes,
                         by_turns<fast_backends, grouped<5, 1>, grouped<12, 2, cyclic_head_map>, grouped<7, 5>>);

using many_heads = setting<cpu_backend, grouped<64, 1>, float>;
TEST_CASE_TEMPLATE("sixty-four query heads share one head", Setting, many_heads) { check_various_sizes<Setting>(54); }

}  // namespace headwise::test
