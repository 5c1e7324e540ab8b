// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: a head map needs static constexpr int composite_head(int query_head, int query_heads, int
// composite_heads), add it
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct first_head_map {
  using slot = head_map_slot;
};
#else
struct first_head_map {
  using slot = head_map_slot;
  static constexpr int composite_head(int /*query_head*/, int /*query_heads*/, int /*composite_heads*/) { return 0; }
};
#endif

using variant = attention_variant<query_heads<4>, head_dim<8>, first_head_map>;
