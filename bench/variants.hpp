// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/cpu.hpp>
#include <string_view>
#include <tuple>

// The variants that are measured. To measure one of your own, write its struct here and add it to the list.

namespace bench {

struct full_one_head : headwise::attention_variant<headwise::query_heads<1>, headwise::head_dim<128>> {
  static constexpr std::string_view name = "full_one_head_128";
};

struct causal_one_head
    : headwise::attention_variant<headwise::query_heads<1>, headwise::head_dim<128>, headwise::causal_mask> {
  static constexpr std::string_view name = "causal_one_head_128";
};

struct multi_head : headwise::multi_head<8, 64> {
  static constexpr std::string_view name = "multi_head_8x64";
};

struct grouped_query : headwise::grouped_query<8, 2, 64> {
  static constexpr std::string_view name = "grouped_query_8_2x64";
};

struct mea : headwise::mea<8, 64> {
  static constexpr std::string_view name = "mea_8x64";
};

struct mea_virtual_heads : headwise::mea_virtual_heads<8, 4, 64> {
  static constexpr std::string_view name = "mea_virtual_heads_8_4x64";
};

using measured_variants = std::tuple<full_one_head, causal_one_head, multi_head, grouped_query, mea, mea_virtual_heads>;

}  // namespace bench
