// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/conformance.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

// What tensor cores do not take, though it is of 16 bits.
struct in_wide_heads : attention_variant<query_heads<1>, head_dim<8>, value_dim<264>, causal_mask> {};
struct in_double_sums : attention_variant<query_heads<2>, head_dim<16>, number_types<float, double>> {};

template <typename Variant>
using on_cuda = settings_in<mirrored_cuda_attention, Variant, bfloat16>;

TEST_CASE_TEMPLATE_DEFINE("attention of 16 bits in very wide heads, and summed in double, goes row by row", Setting,
                          by_rows) {
  check_attend<Setting>({.batch = 1, .queries = 3, .keys = 40}, 311);
}
TEST_CASE_TEMPLATE_APPLY(by_rows, on_cuda<in_wide_heads>);
TEST_CASE_TEMPLATE_APPLY(by_rows, on_cuda<in_double_sums>);

}  // namespace headwise::test
