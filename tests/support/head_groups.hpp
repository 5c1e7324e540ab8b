// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/attention_variant.hpp"

namespace headwise::test {

/// Query heads that share fewer composite heads.
template <int Heads, int Composites, typename Map = block_head_map>
struct grouped : attention_variant<query_heads<Heads>, composite_heads<Composites>, head_dim<4>, causal_mask, Map> {};

/// Storage and accumulators.
template <typename Numbers>
struct with_numbers
    : attention_variant<query_heads<4>, composite_heads<2>, head_dim<8>, value_dim<12>, causal_mask, Numbers> {};

}  // namespace headwise::test
