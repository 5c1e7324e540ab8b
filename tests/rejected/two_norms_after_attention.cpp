// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one norm after attention given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_after_attention<>, norm_after_attention<>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_before_mixing<>, norm_after_attention<>>;
#endif
