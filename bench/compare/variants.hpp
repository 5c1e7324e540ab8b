// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/headwise.hpp>
#include <string_view>

#include "../cached_variants.hpp"

// What others have as well: plain heads, full and causal, beside those behind a cache.

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

}  // namespace bench
