// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/attention_variant.hpp"
#include "support/decode_agreement.hpp"

namespace headwise::test {

constexpr auto chosen = cuda::decode_mode::choose;

struct virtual_heads : attention_variant<query_heads<6>, component_heads<3>, head_dim<16>, linear_head_mixing> {};
struct normalized : attention_variant<query_heads<6>, composite_heads<2>, component_heads<3>, head_dim<16>,
                                      linear_head_mixing, norm_after_mixing<>, causal_mask> {};
struct wide : attention_variant<query_heads<2>, head_dim<264>, value_dim<8>, linear_head_mixing> {};
struct summed_in_double
    : attention_variant<query_heads<2>, head_dim<8>, linear_head_mixing, number_types<float, double>> {};

TEST_CASE_TEMPLATE("attention over component heads agrees with the reference", Scalar, float, double, bfloat16) {
  check_decoding<chosen, virtual_heads, Scalar>();
  check_decoding<chosen, normalized, Scalar>();
}

TEST_CASE("the cost model takes the paper's heads as they are known to be fastest") {
  using half = attention_variant<query_heads<32>, component_heads<16>, head_dim<128>, linear_head_mixing>;
  static_assert(cuda::chosen_decode_mode<half, bfloat16>(1) == cuda::decode_mode::absorbed);
  CHECK(cuda::chosen_decode_mode<half, bfloat16>(6) == cuda::decode_mode::absorbed);
  CHECK(cuda::chosen_decode_mode<half, bfloat16>(8) == cuda::decode_mode::mix_on_the_fly);
  CHECK(cuda::chosen_decode_mode<half, bfloat16>(16) == cuda::decode_mode::mix_on_the_fly);
  CHECK(cuda::chosen_decode_mode<half, bfloat16>(2048) == cuda::decode_mode::expanded);
  // One query of heads that are not mixed, or not in a way or a number type that the kernels take.
  using multi_head = attention_variant<query_heads<32>, head_dim<128>>;
  CHECK(cuda::chosen_decode_mode<half, float>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<multi_head, bfloat16>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<normalized, bfloat16>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<wide, bfloat16>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<summed_in_double, bfloat16>(1) == cuda::decode_mode::expanded);
}

}  // namespace headwise::test
