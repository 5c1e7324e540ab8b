// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the rank of low_rank_mixing must not exceed component_heads or composite_heads, lower it or take
// linear_mixing
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, component_heads<2>, low_rank_head_mixing<3>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, component_heads<2>, low_rank_head_mixing<2>>;
#endif
