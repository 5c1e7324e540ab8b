// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: rotary turns pairs of features, give an even head_dim
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<7>, rotary<>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<6>, rotary<>>;
#endif
