// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one score modification given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, soft_cap<30>, alibi>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, alibi>;
#endif
