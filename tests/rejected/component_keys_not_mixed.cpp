// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: component_heads must equal composite_heads where keys are not mixed, add linear_head_mixing or
// linear_key_mixing
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, component_heads<2>, linear_value_mixing>;
#else
using variant =
    attention_variant<query_heads<4>, head_dim<8>, component_heads<2>, linear_value_mixing, linear_key_mixing>;
#endif
