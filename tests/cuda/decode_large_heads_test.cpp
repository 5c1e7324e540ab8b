// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/conformance.hpp"
#include "support/mirrored_decode_backend.hpp"

namespace headwise::test {

struct widest : attention_variant<query_heads<2>, head_dim<256>, value_dim<200>, linear_head_mixing, causal_mask> {};
struct most : attention_variant<query_heads<64>, component_heads<8>, head_dim<32>, linear_head_mixing> {};

template <typename Variant, cuda::decode_mode Mode>
void check_large() {
  using tested = setting<mirrored_decode_backend<Mode>, Variant, bfloat16>;
  check_attend_components<tested>({.batch = 1, .queries = 1, .keys = 600}, 351);
  check_attend_components<tested>({.batch = 2, .queries = 3, .keys = 90, .key_lengths = {90, 33}}, 352);
}

TEST_CASE("the widest heads and the most rows agree with the reference") {
  check_large<widest, cuda::decode_mode::absorbed>();
  check_large<most, cuda::decode_mode::absorbed>();
  check_large<most, cuda::decode_mode::mix_on_the_fly>();
}

}  // namespace headwise::test
