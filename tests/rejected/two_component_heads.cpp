// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one component_heads policy given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant =
    attention_variant<query_heads<4>, head_dim<8>, component_heads<2>, component_heads<1>, linear_head_mixing>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, component_heads<2>, linear_head_mixing>;
#endif
