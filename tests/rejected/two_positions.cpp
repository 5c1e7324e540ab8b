// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one positions policy given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, rotary<>, no_positions>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, rotary<> >;
#endif
