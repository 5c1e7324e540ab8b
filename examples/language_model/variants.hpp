// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/attention_variant.hpp>

namespace language_model {

// The attention variants that this program compares. A variant is one struct: the policies that it adds to causal
// attention with rotary positions. To try another one, write its struct here, add its name to `compared_variants` in
// CMakeLists.txt and its line to model/model_kinds.cpp; everything else is written for any variant.

template <int Heads, int HeadDim, typename... Policies>
using causal_attention = headwise::attention_variant<headwise::query_heads<Heads>, headwise::head_dim<HeadDim>,
                                                     headwise::rotary<>, headwise::causal_mask, Policies...>;

/// Every query head has its own key/value head.
template <int Heads, int HeadDim>
struct multi_head : causal_attention<Heads, HeadDim> {};

/// Two neighbouring query heads share a key/value head.
template <int Heads, int HeadDim>
struct grouped_query : causal_attention<Heads, HeadDim, headwise::composite_heads<Heads / 2>> {};

/// Keys and values are mixed over heads, and the outputs of the heads are normalised.
template <int Heads, int HeadDim>
struct mea : causal_attention<Heads, HeadDim, headwise::linear_head_mixing, headwise::norm_after_attention<>> {};

/// MEA that composes its heads from half as many: the cache of grouped_query, a key/value head for every query head.
template <int Heads, int HeadDim>
struct mea_half_cache : causal_attention<Heads, HeadDim, headwise::component_heads<Heads / 2>,
                                         headwise::linear_head_mixing, headwise::norm_after_attention<>> {};

/// MEA without its norm.
template <int Heads, int HeadDim>
struct head_mixing : causal_attention<Heads, HeadDim, headwise::linear_head_mixing> {};

/// MEA from half as many heads, without its norm.
template <int Heads, int HeadDim>
struct head_mixing_half_cache
    : causal_attention<Heads, HeadDim, headwise::component_heads<Heads / 2>, headwise::linear_head_mixing> {};

}  // namespace language_model
