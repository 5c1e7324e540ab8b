// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: a variant needs its head size, add head_dim<D>
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>>;
#endif
