// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one query_heads policy given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, query_heads<8>, head_dim<8>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>>;
#endif
