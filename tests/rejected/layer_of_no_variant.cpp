// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the first argument of attention_layer must be an attention variant, derive one from
// attention_variant<...>
#include "headwise/headwise.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct my_attention {};
#else
struct my_attention : attention_variant<query_heads<4>, head_dim<8> > {};
#endif

void use(const attention_layer<my_attention, float, reference_backend>& layer) { layer.settings(); }
