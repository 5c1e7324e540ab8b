// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/cpu.hpp>
#include <string_view>
#include <tuple>

#include "cached_variants.hpp"
#include "measured.hpp"

// The variants that are measured. To measure one of your own, write its struct here and add it to the list.

namespace bench {

using headwise::attention_variant;
using headwise::causal_mask;
using headwise::head_dim;
using headwise::query_heads;

struct full_128 : attention_variant<query_heads<1>, head_dim<128>> {
  static constexpr std::string_view name = "full_1x128";
};
struct causal_128 : attention_variant<query_heads<1>, head_dim<128>, causal_mask> {
  static constexpr std::string_view name = "causal_1x128";
};
struct full_64 : attention_variant<query_heads<1>, head_dim<64>> {
  static constexpr std::string_view name = "full_1x64";
};
struct causal_64 : attention_variant<query_heads<1>, head_dim<64>, causal_mask> {
  static constexpr std::string_view name = "causal_1x64";
};
/// Keys and values of several heads are more than caches hold.
struct causal_eight_heads : attention_variant<query_heads<8>, head_dim<128>, causal_mask> {
  static constexpr std::string_view name = "causal_8x128";
};
struct grouped_16 : headwise::grouped_query<32, 16, 128> {
  static constexpr std::string_view name = "grouped_query_32_16x128";
};
struct mea : headwise::mea<32, 128> {
  static constexpr std::string_view name = "mea_32x128";
};
struct mea_16 : headwise::mea_virtual_heads<32, 16, 128> {
  static constexpr std::string_view name = "mea_virtual_heads_32_16x128";
};
struct mea_8 : headwise::mea_virtual_heads<32, 8, 128> {
  static constexpr std::string_view name = "mea_virtual_heads_32_8x128";
};
struct mea_4 : headwise::mea_virtual_heads<32, 4, 128> {
  static constexpr std::string_view name = "mea_virtual_heads_32_4x128";
};

using headwise::bfloat16;
using measured_variants =
    std::tuple<measured<full_128, of::attention, float, double, bfloat16>,
               measured<causal_128, of::attention, float, double, bfloat16>,
               measured<full_64, of::attention, float, bfloat16>, measured<causal_64, of::attention, float, bfloat16>,
               measured<causal_eight_heads, of::attention, float, bfloat16>,
               measured<multi_head, of::decoding | of::layers, float, bfloat16>,
               measured<grouped_16, of::decoding, float, bfloat16>, measured<grouped_8, of::decoding, float, bfloat16>,
               measured<grouped_4, of::decoding, float, bfloat16>, measured<grouped_1, of::decoding, float, bfloat16>,
               measured<mea, of::mixing | of::decoding | of::layers>, measured<mea_16, of::decoding>,
               measured<mea_8, of::decoding>, measured<mea_4, of::decoding>>;

}  // namespace bench
