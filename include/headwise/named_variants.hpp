// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/attention_variant.hpp"

namespace headwise {

// Ready-made variants, causal and with rotary positions. Other combinations are written with `attention_variant`.

/// Every query head has its own key/value head.
template <int Heads, int HeadDim>
struct multi_head : attention_variant<query_heads<Heads>, head_dim<HeadDim>, rotary<>, causal_mask> {};

/// `KeyValueHeads` key/value heads, each shared by a block of neighbouring query heads.
template <int Heads, int KeyValueHeads, int HeadDim>
struct grouped_query
    : attention_variant<query_heads<Heads>, composite_heads<KeyValueHeads>, head_dim<HeadDim>, rotary<>, causal_mask> {
};

/// One key/value head for all query heads.
template <int Heads, int HeadDim>
struct multi_query : grouped_query<Heads, 1, HeadDim> {};

/// MEA (eq. 10-12): as many component, composite and query heads, mixed linearly, with a head-level norm after
/// attention.
template <int Heads, int HeadDim>
struct mea : attention_variant<query_heads<Heads>, head_dim<HeadDim>, linear_head_mixing, norm_after_attention<>,
                               rotary<>, causal_mask> {};

/// MEA with virtual heads (section 5.2): `ComponentHeads` heads are projected and cached, `Heads` are composed of them.
template <int Heads, int ComponentHeads, int HeadDim>
struct mea_virtual_heads : attention_variant<query_heads<Heads>, component_heads<ComponentHeads>, head_dim<HeadDim>,
                                             linear_head_mixing, norm_after_attention<>, rotary<>, causal_mask> {};

}  // namespace headwise
