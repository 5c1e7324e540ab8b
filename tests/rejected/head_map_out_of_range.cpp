// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: a head map must send every query head into [0, composite_heads), correct composite_head
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int last(int composite_heads) { return composite_heads; }
#else
constexpr int last(int composite_heads) { return composite_heads - 1; }
#endif

struct last_head_map {
  using slot = head_map_slot;
  static constexpr int composite_head(int /*query_head*/, int /*query_heads*/, int composite_heads) {
    return last(composite_heads);
  }
};
using variant = attention_variant<query_heads<4>, head_dim<8>, last_head_map>;
