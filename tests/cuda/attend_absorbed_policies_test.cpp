// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"
#include "support/masks.hpp"

namespace headwise::test {

constexpr auto absorbed = cuda::decode_mode::absorbed;

struct unmixed_keys : attention_variant<query_heads<6>, composite_heads<3>, head_dim<8>, linear_value_mixing,
                                        scattered_keys, cyclic_head_map> {};
struct unmixed_values
    : attention_variant<query_heads<6>, composite_heads<3>, head_dim<8>, linear_key_mixing, alibi, band_of_head> {};
struct capped : attention_variant<query_heads<40>, component_heads<2>, head_dim<20>, value_dim<5>, linear_head_mixing,
                                  soft_cap<3>, causal_mask, score_scale<-0.25>> {};

TEST_CASE("masks, score modifications and sides that are not mixed are what they are with mixing absorbed") {
  check_decoding<absorbed, unmixed_keys, bfloat16>();
  check_decoding<absorbed, unmixed_values, float16>();
  check_decoding<absorbed, capped, bfloat16>();
}

}  // namespace headwise::test
