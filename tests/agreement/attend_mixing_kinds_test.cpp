// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"

namespace headwise::test {

struct every_second_head {
  static constexpr double weight(int component, int composite) { return component % 2 == composite % 2 ? 0.5 : 0.0; }
};

template <typename... Policies>
struct four_heads : attention_variant<query_heads<4>, head_dim<8>, Policies...> {};

using low_rank = four_heads<component_heads<3>, low_rank_head_mixing<2>, sliding_window<7>>;
using constant = four_heads<fixed_head_mixing<every_second_head>, soft_cap<5>>;
using keys_alone = four_heads<linear_key_mixing>;
using values_alone = four_heads<linear_value_mixing, alibi>;
using both_ways = four_heads<component_heads<2>, linear_key_mixing, low_rank_value_mixing<1>>;

TEST_CASE_TEMPLATE_DEFINE("attention over components of every mixing kind agrees with the reference", Setting,
                          over_mixing_kinds) {
  for (const attend_sizes& sizes : various_sizes()) check_attend_components<Setting>(sizes, 48);
  // More keys than are read at a time, for one query and for a few.
  check_attend_components<Setting>({.batch = 2, .queries = 1, .keys = 1030, .key_lengths = {1030, 513}}, 49);
  check_attend_components<Setting>({.batch = 1, .queries = 3, .keys = 600}, 50);
}
TEST_CASE_TEMPLATE_APPLY(over_mixing_kinds,
                         by_turns<fast_backends, low_rank, constant, keys_alone, values_alone, both_ways>);

}  // namespace headwise::test
