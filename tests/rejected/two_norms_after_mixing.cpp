// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one norm after mixing given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_after_mixing<>, no_head_norm>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_after_mixing<> >;
#endif
