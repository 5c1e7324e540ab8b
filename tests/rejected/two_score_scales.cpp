// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one score scale given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, score_scale<0.5>, inverse_root_scale>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, score_scale<0.5> >;
#endif
