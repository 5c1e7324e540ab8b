// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

/// Component heads, composite heads, query heads.
template <int Components, int Composites, int Queries>
struct counts : attention_variant<query_heads<Queries>, composite_heads<Composites>, component_heads<Components>,
                                  head_dim<4>, value_dim<8>, linear_head_mixing, causal_mask> {};

TEST_CASE_TEMPLATE_DEFINE("any count of components goes with any count of composites", Setting, component_counts) {
  for (const attend_sizes& sizes : various_sizes()) check_attend_components<Setting>(sizes, 55);
}
TEST_CASE_TEMPLATE_APPLY(
    component_counts,
    by_turns<fast_backends, counts<3, 8, 8>, counts<5, 7, 7>, counts<1, 4, 8>, counts<2, 3, 6>, counts<16, 2, 2>>);

}  // namespace headwise::test
