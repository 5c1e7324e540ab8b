// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/attention_variant.hpp>
#include <headwise/cuda/attend.cuh>

#include "operation.cuh"

namespace bench {

/// Attention that is measured beside that of others: as many key as query heads.
template <typename Mask, int Heads, int Dim>
struct plain : headwise::attention_variant<headwise::query_heads<Heads>, headwise::head_dim<Dim>, Mask> {};

template <typename Variant>
headwise::attend_arguments<Variant, bfloat16> attend_arguments_of(const headwise_call& c) {
  constexpr int H = Variant::query_heads;
  constexpr int G = Variant::composite_heads;
  return {.q = heads<H, Variant::head_dim>(c.q, c.batch, c.queries),
          .k = heads<G, Variant::head_dim>(c.k, c.batch, c.keys),
          .v = heads<G, Variant::value_dim>(c.v, c.batch, c.keys),
          .out = heads<H, Variant::value_dim>(c.out, c.batch, c.queries),
          .lse = headwise::batch_head_scalar_view<H>(static_cast<float*>(c.lse), c.batch, c.queries)};
}

template <typename Variant>
void attend(const headwise_call& c, cuda_workspace& workspace) {
  headwise::cuda::attend(attend_arguments_of<Variant>(c), workspace);
}

}  // namespace bench
