// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/headwise.hpp>
#include <string_view>

// What others have as well: plain heads, full and causal, and fewer key/value heads behind a cache.

namespace bench {

struct full_64 : headwise::attention_variant<headwise::query_heads<4>, headwise::head_dim<64>> {
  static constexpr std::string_view name = "full_4x64";
};
struct full_128 : headwise::attention_variant<headwise::query_heads<4>, headwise::head_dim<128>> {
  static constexpr std::string_view name = "full_4x128";
};
struct causal_64
    : headwise::attention_variant<headwise::query_heads<4>, headwise::head_dim<64>, headwise::causal_mask> {
  static constexpr std::string_view name = "causal_4x64";
};
struct causal_128
    : headwise::attention_variant<headwise::query_heads<4>, headwise::head_dim<128>, headwise::causal_mask> {
  static constexpr std::string_view name = "causal_4x128";
};
struct multi_head : headwise::multi_head<32, 128> {
  static constexpr std::string_view name = "multi_head_32x128";
};
struct grouped_8 : headwise::grouped_query<32, 8, 128> {
  static constexpr std::string_view name = "grouped_query_32_8x128";
};
struct grouped_4 : headwise::grouped_query<32, 4, 128> {
  static constexpr std::string_view name = "grouped_query_32_4x128";
};
struct grouped_1 : headwise::grouped_query<32, 1, 128> {
  static constexpr std::string_view name = "grouped_query_32_1x128";
};

}  // namespace bench
