// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"
#include "support/masks.hpp"

namespace headwise::test {

template <typename... Policies>
struct four_heads : attention_variant<query_heads<4>, head_dim<8>, Policies...> {};

using unmixed = four_heads<>;
using grouped = four_heads<composite_heads<2>, causal_mask>;
using mixed = four_heads<linear_head_mixing, causal_mask>;
using virtual_heads = four_heads<component_heads<2>, linear_head_mixing, value_dim<12>>;
using many_components = four_heads<composite_heads<2>, component_heads<5>, linear_head_mixing, scattered_keys>;

TEST_CASE_TEMPLATE_DEFINE("attention over components agrees with the reference", Setting, over_components) {
  for (const attend_sizes& sizes : various_sizes()) check_attend_components<Setting>(sizes, 48);
  // More keys than are read at a time, for one query and for a few.
  check_attend_components<Setting>({.batch = 2, .queries = 1, .keys = 1030, .key_lengths = {1030, 513}}, 49);
  check_attend_components<Setting>({.batch = 1, .queries = 3, .keys = 600}, 50);
}
TEST_CASE_TEMPLATE_APPLY(over_components,
                         by_turns<fast_backends, unmixed, grouped, mixed, virtual_heads, many_components>);

}  // namespace headwise::test
