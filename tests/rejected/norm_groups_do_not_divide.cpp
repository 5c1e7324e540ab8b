// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the groups of a head norm must divide the number of heads it normalises, change groups
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_after_attention<norm_settings{.groups = 3}>>;
#else
using variant = attention_variant<query_heads<4>, head_dim<8>, norm_after_attention<norm_settings{.groups = 2}>>;
#endif
