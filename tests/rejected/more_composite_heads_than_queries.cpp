// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: composite_heads must not exceed query_heads, for no query would read the rest
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, composite_heads<8>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, composite_heads<4>>;
#endif
