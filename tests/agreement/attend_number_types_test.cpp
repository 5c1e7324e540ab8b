// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/backends.hpp"
#include "support/conformance.hpp"
#include "support/head_groups.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_DEFINE("attention with every accumulator agrees with the reference", Setting, every_accumulator) {
  check_various_sizes<Setting>(46);
}
TEST_CASE_TEMPLATE_APPLY(every_accumulator, settings_of<fast_backends, with_numbers<number_types<float>>>);
TEST_CASE_TEMPLATE_APPLY(every_accumulator, in_float<fast_backends, with_numbers<number_types<float, double>>>);

struct wide_mixing : attention_variant<query_heads<4>, component_heads<2>, head_dim<8>, linear_head_mixing,
                                       number_types<float, double>> {};

TEST_CASE_TEMPLATE_DEFINE("attention over components with a wide accumulator agrees with the reference", Setting,
                          wide_components) {
  for (const attend_sizes& sizes : various_sizes()) check_attend_components<Setting>(sizes, 47);
}
TEST_CASE_TEMPLATE_APPLY(wide_components, in_float<fast_backends, wide_mixing>);

}  // namespace headwise::test
