// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: a mask needs bool visible(token_pair) const or key_range visible_keys(query_token) const, add one
// of them
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct even_keys {
  using slot = mask_slot;
  static constexpr bool visible(int query, int key) { return query >= 0 && key % 2 == 0; }
};
#else
struct even_keys {
  using slot = mask_slot;
  static constexpr bool visible(token_pair at) { return at.key % 2 == 0; }
};
#endif

using variant = attention_variant<query_heads<4>, head_dim<8>, even_keys>;
