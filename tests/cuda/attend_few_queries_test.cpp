// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"
#include "support/masks.hpp"
#include "support/scores.hpp"

namespace headwise::test {

// Component heads are composite heads here, so that attention over them is nothing but attention.
constexpr auto plainly = cuda::decode_mode::expanded;

struct own_heads : attention_variant<query_heads<3>, head_dim<64>, causal_mask> {};
struct uneven_groups : attention_variant<query_heads<5>, composite_heads<3>, head_dim<40>, value_dim<24>,
                                         cyclic_head_map, alibi, sliding_window<40>> {};
struct one_for_all
    : attention_variant<query_heads<24>, composite_heads<1>, head_dim<7>, value_dim<9>, scattered_keys, soft_cap<3>> {};
struct bent : attention_variant<query_heads<8>, composite_heads<2>, head_dim<16>, bent_by_head, band_of_head> {};

TEST_CASE("attention of few queries agrees with the reference") {
  check_decoding<plainly, own_heads, bfloat16>();
  check_decoding<plainly, uneven_groups, bfloat16>();
  check_decoding<plainly, one_for_all, float16>();
  check_decoding<plainly, bent, float16>();
}

TEST_CASE("queries are few where their rows fill up whole tiles") {
  CHECK(cuda::are_few_queries<own_heads>(1));
  CHECK(cuda::are_few_queries<own_heads>(32));
  CHECK_FALSE(cuda::are_few_queries<own_heads>(33));
  CHECK(cuda::are_few_queries<one_for_all>(32));
  CHECK_FALSE(cuda::are_few_queries<one_for_all>(128));
}

}  // namespace headwise::test
