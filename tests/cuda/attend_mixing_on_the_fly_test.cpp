// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"
#include "support/masks.hpp"

namespace headwise::test {

constexpr auto on_the_fly = cuda::decode_mode::mix_on_the_fly;

struct virtual_heads : attention_variant<query_heads<8>, component_heads<4>, head_dim<16>, linear_head_mixing> {};
struct many_components : attention_variant<query_heads<3>, component_heads<18>, head_dim<24>, value_dim<40>,
                                           linear_head_mixing, causal_mask> {};
struct many_composites : attention_variant<query_heads<20>, composite_heads<20>, component_heads<16>, head_dim<64>,
                                           low_rank_head_mixing<2>, sliding_window<70>> {};
struct unmixed_keys : attention_variant<query_heads<6>, composite_heads<3>, head_dim<8>, linear_value_mixing,
                                        scattered_keys, cyclic_head_map> {};
struct unmixed_values : attention_variant<query_heads<40>, composite_heads<2>, head_dim<20>, value_dim<5>,
                                          linear_key_mixing, alibi, band_of_head> {};

TEST_CASE("attention with mixing on the fly agrees with the reference") {
  check_decoding<on_the_fly, virtual_heads, bfloat16>();
  check_decoding<on_the_fly, many_components, bfloat16>();
  check_decoding<on_the_fly, many_composites, float16>();
  check_decoding<on_the_fly, unmixed_keys, float16>();
  check_decoding<on_the_fly, unmixed_values, bfloat16>();
}

}  // namespace headwise::test
