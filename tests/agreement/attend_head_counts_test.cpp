// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

template <int Heads, int Composites, typename Map = block_head_map>
struct grouped : attention_variant<query_heads<Heads>, composite_heads<Composites>, head_dim<4>, causal_mask, Map> {};

TEST_CASE_TEMPLATE_DEFINE("groups of any size agree with the reference", Setting, group_sizes) {
  for (const attend_sizes& sizes : various_sizes()) check_attend<Setting>(sizes, 53);
}
TEST_CASE_TEMPLATE_APPLY(group_sizes, settings_of<fast_backends, grouped<5, 1>, grouped<12, 2, cyclic_head_map>,
                                                  grouped<7, 1>, grouped<16, 1>, grouped<7, 5>>);

using many_heads = setting<cpu_backend, grouped<64, 1>, float>;
TEST_CASE_TEMPLATE("sixty-four query heads share one head", Setting, many_heads) {
  for (const attend_sizes& sizes : various_sizes()) check_attend<Setting>(sizes, 54);
}

}  // namespace headwise::test
