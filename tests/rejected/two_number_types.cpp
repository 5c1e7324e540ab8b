// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: more than one number_types policy given, keep one
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, number_types<float>, number_types<double>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, number_types<double>>;
#endif
