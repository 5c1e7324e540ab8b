// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: a variant needs its number of query heads, add query_heads<H>
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<head_dim<8>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>>;
#endif
