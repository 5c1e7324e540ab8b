// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one policy mixes keys, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing, low_rank_key_mixing<2>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, linear_value_mixing, low_rank_key_mixing<2>>;
#endif
