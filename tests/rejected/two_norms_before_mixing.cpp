// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one norm before mixing given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_before_mixing<>, norm_before_mixing<>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_before_mixing<>>;
#endif
