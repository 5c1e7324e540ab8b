// SPDX-License-Identifier: Apache-2.0
#include "headwise/attention_variant.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace headwise::test {

using base = attention_variant<query_heads<8>, head_dim<64>>;

static_assert(any_attention_variant<base>);
static_assert(base::query_heads == 8 && base::composite_heads == 8 && base::component_heads == 8);
static_assert(base::head_dim == 64 && base::value_dim == 64);
static_assert(std::is_same_v<base::head_map, block_head_map>);
static_assert(std::is_same_v<base::key_mixing, no_mixing> && std::is_same_v<base::value_mixing, no_mixing>);
static_assert(std::is_same_v<base::component_norm, no_norm> && std::is_same_v<base::composite_norm, no_norm> &&
              std::is_same_v<base::output_norm, no_norm>);
static_assert(std::is_same_v<base::positions, no_positions>);
static_assert(std::is_same_v<base::mask, full_mask>);
static_assert(std::is_same_v<base::score_modification, no_score_modification>);
static_assert(std::is_same_v<base::storage, float> && std::is_same_v<base::accumulator<float>, float>);
static_assert(base::scale == 0.125);

static_assert(attention_variant<query_heads<8>, head_dim<64>, composite_heads<2>>::component_heads == 2,
              "components default to composites");
static_assert(attention_variant<query_heads<8>, head_dim<64>, value_dim<16>>::value_dim == 16);

// The same policies in another order are the same type.
static_assert(std::is_same_v<
              attention_variant<query_heads<8>, composite_heads<4>, component_heads<2>, head_dim<64>, value_dim<32>,
                                cyclic_head_map, linear_head_mixing, norm_after_attention<>, norm_before_mixing<>,
                                rotary<>, causal_mask, soft_cap<30>, score_scale<0.2>, number_types<float, double>>,
              attention_variant<number_types<float, double>, score_scale<0.2>, soft_cap<30>, causal_mask, rotary<>,
                                norm_before_mixing<>, norm_after_attention<>, linear_head_mixing, cyclic_head_map,
                                value_dim<32>, head_dim<64>, component_heads<2>, composite_heads<4>, query_heads<8>>>);

// A default that is written out changes nothing either.
static_assert(std::is_same_v<base, attention_variant<head_dim<64>, full_mask, no_positions, no_head_mixing,
                                                     no_head_norm, query_heads<8>, component_heads<8>, value_dim<64>,
                                                     block_head_map, inverse_root_scale, number_types<float>>>);

// One policy for both sides is the same as one for each.
template <typename... Mixing>
using mixed = attention_variant<query_heads<4>, component_heads<2>, head_dim<8>, Mixing...>;
static_assert(std::is_same_v<mixed<linear_head_mixing>, mixed<linear_value_mixing, linear_key_mixing>>);
static_assert(!std::is_same_v<mixed<linear_head_mixing>, mixed<low_rank_key_mixing<2>, linear_value_mixing>>);

using asymmetric = mixed<low_rank_key_mixing<1>, linear_value_mixing>;
static_assert(std::is_same_v<asymmetric::key_mixing, low_rank_mixing<1>>);
static_assert(std::is_same_v<asymmetric::value_mixing, linear_mixing>);

// Norms go to their places.
using normed = attention_variant<query_heads<4>, head_dim<8>, norm_after_mixing<norm_settings{.groups = 2}>,
                                 norm_after_attention<norm_settings{.epsilon = 0}>>;
static_assert(std::is_same_v<normed::component_norm, no_norm>);
static_assert(normed::composite_norm::settings.groups == 2);
static_assert(normed::output_norm::settings.epsilon == 0);

// A struct with a name of its own is a variant with the same facts.
struct my_attention : attention_variant<query_heads<6>, composite_heads<3>, head_dim<4>, cyclic_head_map> {};
static_assert(any_attention_variant<my_attention>);
static_assert(!any_attention_variant<int> && !any_attention_variant<query_heads<6>>);

// Policies of one's own take part like any other.
struct my_mask {
  using slot = mask_slot;
  static bool visible(token_pair at) { return at.key != at.query; }
};
struct my_map {
  using slot = head_map_slot;
  static constexpr int composite_head(int query_head, int /*query_heads*/, int composite_heads) {
    return composite_heads - 1 - query_head % composite_heads;
  }
};
using my_own = attention_variant<my_mask, query_heads<6>, composite_heads<3>, my_map, head_dim<4>>;
static_assert(std::is_same_v<my_own::mask, my_mask>);

TEST_CASE("a variant's head map sees the variant's own counts") {
  CHECK(my_attention::composite_head(4) == 1);
  CHECK(my_own::composite_head(0) == 2);
  CHECK(my_own::composite_head(5) == 0);
  CHECK(attention_variant<query_heads<6>, composite_heads<3>, head_dim<4>>::composite_head(4) == 2);
}

}  // namespace headwise::test
