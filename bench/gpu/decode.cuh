// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/attention_variant.hpp>
#include <headwise/cuda/attend_components.cuh>

#include "operation.cuh"

namespace bench {

/// 32 query heads over composite heads that are mixed from `Components` cached ones, or are these.
template <int Components>
struct decoding
    : headwise::attention_variant<headwise::query_heads<32>, headwise::component_heads<Components>,
                                  headwise::head_dim<128>, headwise::linear_head_mixing, headwise::causal_mask> {};
template <int KeyValueHeads>
struct plain_decoding : headwise::attention_variant<headwise::query_heads<32>, headwise::composite_heads<KeyValueHeads>,
                                                    headwise::head_dim<128>, headwise::causal_mask> {};

template <typename Variant>
void decode(const headwise_call& c, cuda_workspace& workspace) {
  constexpr int H = Variant::query_heads;
  constexpr int C = Variant::component_heads;
  constexpr int D = Variant::head_dim;
  constexpr bool mixes = Variant::key_mixing::mixes;
  constexpr std::size_t weights = mixes ? std::size_t{C} * Variant::composite_heads : 0;
  headwise::cuda::attend_components(
      headwise::attend_components_arguments<Variant, bfloat16>{.q = heads<H, D>(c.q, c.batch, c.queries),
                                                               .k = heads<C, D>(c.k, c.batch, c.keys),
                                                               .v = heads<C, D>(c.v, c.batch, c.keys),
                                                               .key_weight = numbers(c.key_weight, weights),
                                                               .value_weight = numbers(c.value_weight, weights),
                                                               .out = heads<H, D>(c.out, c.batch, c.queries)},
      workspace);
}

}  // namespace bench
