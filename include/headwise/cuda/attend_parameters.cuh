// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/visible_keys.cuh"

namespace headwise::cuda {

/// What every kernel of attention is told of its inputs; lengths are null where all tokens are live.
template <any_attention_variant Variant, typename Scalar>
struct attend_inputs {
  head_view<const Scalar, Variant::query_heads, Variant::head_dim> q;
  head_view<const Scalar, Variant::composite_heads, Variant::head_dim> k;
  head_view<const Scalar, Variant::composite_heads, Variant::value_dim> v;
  const std::int64_t* query_lengths;
  const std::int64_t* key_lengths;
  typename Variant::mask mask;
  typename Variant::score_modification score;

  HEADWISE_DEVICE query_side side(std::int64_t b, int head) const {
    return {b, head, query_lengths == nullptr ? q.tokens : load_global(query_lengths + b),
            key_lengths == nullptr ? k.tokens : load_global(key_lengths + b)};
  }
};

/// The same with the results of the forward pass. Where the norm after attention is part of it, `normalized` has its
/// outputs, and `out` may be null.
template <any_attention_variant Variant, typename Scalar>
struct attend_parameters : attend_inputs<Variant, Scalar> {
  using accumulator = typename Variant::template accumulator<Scalar>;

  head_view<Scalar, Variant::query_heads, Variant::value_dim> out;
  head_view<Scalar, Variant::query_heads, Variant::value_dim> normalized;
  const Scalar* gain;
  head_scalar_view<accumulator, Variant::query_heads> lse;
};

/// One block of query rows of a call.
struct query_block {
  std::int64_t batch;
  int head;
  std::int64_t first;
};

/// Which rows a block of a grid works on. The last queries come first: under a causal mask they take the longest.
template <int Heads, int Rows>
HEADWISE_DEVICE query_block query_block_of(std::int64_t index, std::int64_t batch, std::int64_t queries) {
  const std::int64_t tiles = (queries + Rows - 1) / Rows;
  const std::int64_t sequence_head = index % (batch * Heads);
  return {sequence_head / Heads, static_cast<int>(sequence_head % Heads),
          (tiles - 1 - index / (batch * Heads)) * Rows};
}

}  // namespace headwise::cuda
