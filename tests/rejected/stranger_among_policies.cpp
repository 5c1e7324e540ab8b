// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: every argument of attention_variant must be a policy, that is, a type with 'using slot = ...'
// naming one of headwise's slots
#include "headwise/attention_variant.hpp"

using namespace headwise;

struct causal {};

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, causal>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, causal_mask>;
#endif
