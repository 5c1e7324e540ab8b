// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"

namespace headwise::test {

constexpr auto absorbed = cuda::decode_mode::absorbed;

struct virtual_heads : attention_variant<query_heads<8>, component_heads<4>, head_dim<16>, linear_head_mixing> {};
struct square_mixing : attention_variant<query_heads<4>, head_dim<24>, value_dim<40>, linear_head_mixing, causal_mask> {
};
struct grouped : attention_variant<query_heads<20>, composite_heads<5>, component_heads<3>, head_dim<16>,
                                   low_rank_head_mixing<2>, sliding_window<70>> {};

TEST_CASE("attention with mixing absorbed agrees with the reference") {
  check_decoding<absorbed, virtual_heads, bfloat16>();
  check_decoding<absorbed, virtual_heads, float16>();
  check_decoding<absorbed, square_mixing, bfloat16>();
  check_decoding<absorbed, grouped, bfloat16>();
}

}  // namespace headwise::test
