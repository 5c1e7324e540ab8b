// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/attention_variant.hpp"
#include "headwise/named_variants.hpp"
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
  CHECK(cuda::chosen_decode_mode<half, bfloat16>(8) == cuda::decode_mode::absorbed);
  CHECK(cuda::chosen_decode_mode<half, bfloat16>(32) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<half, bfloat16>(2048) == cuda::decode_mode::expanded);
  // Mixing these on the fly takes 130 KiB of shared memory, that of narrower heads as much as every device has.
  using narrow = attention_variant<query_heads<32>, component_heads<16>, head_dim<64>, linear_head_mixing>;
  CHECK(cuda::chosen_decode_mode<narrow, bfloat16>(1) == cuda::decode_mode::absorbed);
  CHECK(cuda::chosen_decode_mode<narrow, bfloat16>(16) == cuda::decode_mode::mix_on_the_fly);
  CHECK(cuda::chosen_decode_mode<narrow, bfloat16>(2048) == cuda::decode_mode::expanded);
  // One query of heads that are not mixed, or not in a way or a number type that the kernels take.
  using multi_head = attention_variant<query_heads<32>, head_dim<128>>;
  CHECK(cuda::chosen_decode_mode<half, float>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<multi_head, bfloat16>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<normalized, bfloat16>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<wide, bfloat16>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::chosen_decode_mode<summed_in_double, bfloat16>(1) == cuda::decode_mode::expanded);
}

/// The scratch of a call for one sequence, in the way that is chosen.
template <typename Variant>
std::size_t scratch_of(std::int64_t queries, std::int64_t keys) {
  constexpr int H = Variant::query_heads;
  constexpr int C = Variant::component_heads;
  constexpr int D = Variant::head_dim;
  const auto numbers = [](std::int64_t count) { return cuda_workspace::stand_in<bfloat16>(count); };
  const std::span<const bfloat16> weight(numbers(C * Variant::composite_heads), C * Variant::composite_heads);
  const attend_components_arguments<Variant, bfloat16> a{
      .q = batch_token_head_view<H, D>(numbers(queries * H * D), 1, queries),
      .k = batch_token_head_view<C, D>(numbers(keys * C * D), 1, keys),
      .v = batch_token_head_view<C, D>(numbers(keys * C * D), 1, keys),
      .key_weight = Variant::key_mixing::mixes ? weight : std::span<const bfloat16>{},
      .value_weight = Variant::value_mixing::mixes ? weight : std::span<const bfloat16>{},
      .out = batch_token_head_view<H, D>(numbers(queries * H * D), 1, queries)};
  return cuda_workspace::bytes_for([&](cuda_workspace& w) { cuda::attend_components(a, w); });
}

TEST_CASE("many queries do not take more scratch than their keys are worth") {
  using one_component =
      attention_variant<query_heads<32>, composite_heads<4>, component_heads<1>, head_dim<128>, linear_head_mixing>;
  using one_head = attention_variant<query_heads<32>, composite_heads<1>, head_dim<128>>;
  constexpr std::int64_t keys = 32768;
  constexpr std::size_t outputs_of_a_query = 32 * 128 * sizeof(float);
  for (const std::int64_t queries : {1, 2, 8, 32, 512, 32768}) {
    CAPTURE(queries);
    // As much as the parts of a single query, or twice the composite heads of all keys.
    CHECK(scratch_of<one_component>(queries, keys) <= 2 * 4 * keys * 128 * sizeof(bfloat16) * 2);
    CHECK(scratch_of<one_head>(queries, keys) <= 2 * (keys / 256) * outputs_of_a_query);
  }
}

TEST_CASE("parts of keys grow with the queries that have blocks of their own, and no further") {
  // 32 heads that read one of 128 features: 64 rows are two queries.
  CHECK(cuda::decode_keys_of_block(1, 32, 1, 128, 128) == 512);
  CHECK(cuda::decode_keys_of_block(1, 32, 2, 128, 128) == 512);
  CHECK(cuda::decode_keys_of_block(1, 32, 32, 128, 128) == 16 * 512);
  // Where few rows share many heads, parts are as long as is worth a block.
  CHECK(cuda::decode_keys_of_block(8, 32, 1, 128, 128) == 256);
  CHECK(cuda::decode_keys_of_block(64, 4, 1, 64, 64) == 128);
  CHECK(cuda::decode_keys_of_block(1, 128, std::int64_t{1} << 30, 256, 256) == 1 << 30);
}

TEST_CASE("what is chosen takes no more shared memory than every device has, whatever the number of heads") {
  using most = attention_variant<query_heads<256>, head_dim<128>, linear_head_mixing>;
  using many = attention_variant<query_heads<128>, head_dim<128>, linear_head_mixing>;
  using too_many = attention_variant<query_heads<16>, component_heads<512>, head_dim<128>, linear_head_mixing>;
  static_assert(cuda::can_be_absorbed<most, bfloat16>);
  static_assert(cuda::can_be_absorbed<many, bfloat16>);
  static_assert(!cuda::can_be_absorbed<too_many, bfloat16>);
  CHECK(cuda::chosen_decode_mode<too_many, bfloat16>(1) == cuda::decode_mode::expanded);
  CHECK(cuda::decode_settings_for<many, true, 1>.stages <
        cuda::decode_settings_for<multi_query<2, 128>, true, 1>.stages);
}

}  // namespace headwise::test
