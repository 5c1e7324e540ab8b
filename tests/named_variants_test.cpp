// SPDX-License-Identifier: Apache-2.0
#include "headwise/named_variants.hpp"

#include <doctest/doctest.h>

#include <type_traits>

namespace headwise::test {

// Every one is causal, with rotary positions.
template <typename Variant>
constexpr bool is_causal_and_rotary =
    std::is_same_v<typename Variant::mask, causal_mask>&& std::is_same_v<typename Variant::positions, rotary<>>;

static_assert(any_attention_variant<multi_head<8, 64>> && is_causal_and_rotary<multi_head<8, 64>>);
static_assert(any_attention_variant<grouped_query<8, 2, 64>> && is_causal_and_rotary<grouped_query<8, 2, 64>>);
static_assert(any_attention_variant<multi_query<8, 64>> && is_causal_and_rotary<multi_query<8, 64>>);
static_assert(any_attention_variant<mea<8, 64>> && is_causal_and_rotary<mea<8, 64>>);
static_assert(any_attention_variant<mea_virtual_heads<8, 2, 64>> && is_causal_and_rotary<mea_virtual_heads<8, 2, 64>>);

static_assert(multi_head<8, 64>::component_heads == 8 && multi_head<8, 64>::variant_parameters == 0);
static_assert(grouped_query<8, 2, 64>::component_heads == 2 && grouped_query<8, 2, 64>::composite_heads == 2);
static_assert(grouped_query<8, 2, 64>::composite_head(3) == 0 && grouped_query<8, 2, 64>::composite_head(4) == 1);
static_assert(multi_query<8, 64>::composite_heads == 1 && multi_query<8, 64>::composite_head(7) == 0);
static_assert(mea<8, 64>::variant_parameters == 2 * 8 * 8 + 64);
static_assert(mea_virtual_heads<8, 2, 64>::variant_parameters == 2 * 2 * 8 + 64);
static_assert(mea_virtual_heads<8, 2, 64>::composite_heads == 8 && mea_virtual_heads<8, 2, 64>::component_heads == 2);
static_assert(mea<8, 64>::output_norm::normalizes && !multi_head<8, 64>::output_norm::normalizes);

TEST_CASE("two of eight component heads make a quarter of the cache") {
  const auto whole = mea<8, 64>::kv_cache_bytes_per_token<float>;
  CHECK(whole == multi_head<8, 64>::kv_cache_bytes_per_token<float>);
  CHECK(4 * mea_virtual_heads<8, 2, 64>::kv_cache_bytes_per_token<float> == whole);
  CHECK(mea_virtual_heads<8, 2, 64>::kv_cache_bytes_per_token<float> ==
        grouped_query<8, 2, 64>::kv_cache_bytes_per_token<float>);
}

}  // namespace headwise::test
