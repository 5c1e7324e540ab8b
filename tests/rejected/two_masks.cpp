// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one mask policy given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, causal_mask, sliding_window<4>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, sliding_window<4>>;
#endif
