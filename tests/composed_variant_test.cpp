// SPDX-License-Identifier: Apache-2.0
#include "headwise/composed_variant.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>

#include "headwise/attention_variant.hpp"
#include "headwise/reference/reference_backend.hpp"

namespace headwise::test {

// H = 8, G = 4, C = 2, D = 16, D_v = 24.
using virtual_heads = attention_variant<query_heads<8>, composite_heads<4>, component_heads<2>, head_dim<16>,
                                        value_dim<24>, linear_head_mixing, norm_after_attention<>, causal_mask>;
using plain = attention_variant<query_heads<8>, head_dim<16>>;

// Mixing: 2 * 4 for keys and for values; a shared gain of 24.
static_assert(virtual_heads::key_mixing_parameters == 8 && virtual_heads::value_mixing_parameters == 8);
static_assert(virtual_heads::output_gains == 24);
static_assert(virtual_heads::variant_parameters == 8 + 8 + 24);
static_assert(plain::variant_parameters == 0);

// Projections: M (8 * 16) + M (2 * 16) + M (2 * 24) + (8 * 24) M.
static_assert(virtual_heads::parameters(100) == 100 * (128 + 32 + 48 + 192) + 40);
static_assert(virtual_heads::parameters(100, true) == 100 * 400 + 40 + (128 + 32 + 48) + 100);
static_assert(plain::parameters(128) == 4 * 128 * 128);

// Gains of every place and kind.
constexpr norm_settings per_head{.gain = norm_gain::per_head};
constexpr norm_settings gainless{.gain = norm_gain::none};
using normed = attention_variant<query_heads<8>, composite_heads<4>, component_heads<2>, head_dim<16>, value_dim<24>,
                                 linear_head_mixing, norm_before_mixing<per_head>, norm_after_mixing<>,
                                 norm_after_attention<gainless>>;
static_assert(normed::component_key_gains == 2 * 16 && normed::component_value_gains == 2 * 24);
static_assert(normed::composite_key_gains == 16 && normed::composite_value_gains == 24);
static_assert(normed::output_gains == 0);
static_assert(normed::variant_parameters == 16 + 32 + 48 + 16 + 24);

// The cache holds component heads only.
static_assert(virtual_heads::kv_cache_bytes_per_token<float> == 2 * (16 + 24) * 4);
static_assert(plain::kv_cache_bytes_per_token<double> == 8 * (16 + 16) * 8);
static_assert(attention_variant<query_heads<8>, composite_heads<1>, head_dim<16>>::kv_cache_bytes_per_token<float> ==
              plain::kv_cache_bytes_per_token<float> / 8);

// Pairs of query and key that are looked at.
static_assert(plain::visited_pairs(5, 7) == 35);
static_assert(virtual_heads::visited_pairs(4, 4) == 1 + 2 + 3 + 4);
static_assert(virtual_heads::visited_pairs(2, 5) == 4 + 5, "the last query sees all keys");
static_assert(virtual_heads::visited_pairs(5, 2) == 0 + 0 + 0 + 1 + 2);
static_assert(virtual_heads::visited_pairs(0, 5) == 0 && plain::visited_pairs(5, 0) == 0);
using windowed = attention_variant<query_heads<8>, head_dim<16>, sliding_window<3>>;
static_assert(windowed::visited_pairs(5, 5) == 1 + 2 + 3 + 3 + 3);

// Two operations per multiply-add: <q, k> over D and weight * v over D_v, for every head and pair.
static_assert(plain::mixing_flops_per_token == 0);
static_assert(plain::forward_flops(3, 5, 7) == 3 * 2 * 8 * (16 + 16) * 35);
static_assert(virtual_heads::mixing_flops_per_token == 2 * 2 * 4 * (16 + 24));
static_assert(virtual_heads::forward_flops(1, 4, 4) == 4 * 640 + 2 * 8 * (16 + 24) * 10);
using keys_mixed = attention_variant<query_heads<4>, head_dim<16>, linear_key_mixing>;
static_assert(keys_mixed::mixing_flops_per_token == 2 * 4 * 4 * 16);

// Backward: scores again, dV, dP, dQ, dK are three products over D and two over D_v.
static_assert(plain::backward_flops(1, 5, 7) == 2 * 8 * (3 * 16 + 2 * 16) * 35);
static_assert(virtual_heads::backward_flops(1, 4, 4) == 2 * 4 * 640 + 2 * 8 * (3 * 16 + 2 * 24) * 10);

// Decoding takes the cheaper way.
static_assert(plain::decode_flops(2, 100) == plain::forward_flops(2, 1, 100));
static_assert(virtual_heads::absorbable && !normed::absorbable);
static_assert(normed::decode_flops(1, 100) == normed::forward_flops(1, 1, 100));
using few_components = attention_variant<query_heads<8>, component_heads<2>, head_dim<16>, linear_head_mixing>;
static_assert(few_components::decode_flops(1, 100) == 2 * 8 * (2 * 16 + 2 * 16) * 100,
              "absorbing reads two components for each of eight heads");
static_assert(few_components::decode_flops(1, 100) < few_components::forward_flops(1, 1, 100));
using few_composites =
    attention_variant<query_heads<8>, composite_heads<1>, component_heads<8>, head_dim<16>, linear_head_mixing>;
static_assert(few_composites::decode_flops(1, 100) == few_composites::forward_flops(1, 1, 100),
              "one composite head is built sooner than eight components are read eight times");

// Sums are taken in the wider of the tensor's type and the variant's accumulator.
using wide = attention_variant<query_heads<8>, head_dim<16>, number_types<float, double>>;
static_assert(std::is_same_v<plain::accumulator<double>, double>);
static_assert(std::is_same_v<wide::accumulator<float>, double>);
static_assert(std::is_same_v<wide::storage, float>);

static_assert(attention_variant<query_heads<8>, head_dim<16>, score_scale<0.5>>::scale == 0.5);

// The reference needs no scratch; a variant asks its backend.
static_assert(virtual_heads::forward_workspace_bytes<reference_backend, float>(2, 100, 100) == 0);
static_assert(virtual_heads::backward_workspace_bytes<reference_backend, float>(2, 100, 100) == 0);

TEST_CASE("the facts of a variant are constant expressions, and values at run time as well") {
  std::int64_t tokens = 4;
  CHECK(virtual_heads::visited_pairs(tokens, tokens) == 10);
  CHECK(virtual_heads::parameters(100 * tokens / 4) == 40040);
}

}  // namespace headwise::test
