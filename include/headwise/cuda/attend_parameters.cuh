// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "headwise/composed_variant.hpp"
#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"

namespace headwise::cuda {

/// The score of a hidden key, and the log-sum-exp of a row that sees none.
template <typename Real>
inline constexpr Real nothing = -std::numeric_limits<Real>::infinity();

/// The widest head whose sums registers hold.
inline constexpr int widest_head_of_tiles = 256;

/// Whether attention of a variant in a number type runs on tensor cores: 16 bits, summed in float, in heads that are
/// not too wide. All else is taken row by row.
template <any_attention_variant Variant, typename Scalar>
inline constexpr bool attends_by_tiles =
    is_half_precision<Scalar>&& std::is_same_v<typename Variant::template accumulator<Scalar>, float>&&
        Variant::head_dim <= widest_head_of_tiles&& Variant::value_dim <= widest_head_of_tiles;

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

  HEADWISE_DEVICE query_side side(int b, int head) const {
    return {b, head, static_cast<int>(length_of(query_lengths, b, q.tokens)),
            static_cast<int>(length_of(key_lengths, b, k.tokens))};
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

/// The first row and the head and sequence of the query rows that a block works on.
struct query_block {
  int batch;
  int head;
  int first;
};

/// Which rows a block of a grid works on. The last queries come first: under a causal mask they take the longest.
template <int Heads, int Rows>
HEADWISE_DEVICE query_block query_block_of(std::int64_t index, std::int64_t batch, std::int64_t queries) {
  const auto heads = static_cast<unsigned>(batch * Heads);
  const auto tiles = static_cast<unsigned>(blocks_of(queries, Rows));
  const unsigned tile = static_cast<unsigned>(index) / heads;
  const unsigned sequence_head = static_cast<unsigned>(index) % heads;
  return {static_cast<int>(sequence_head / Heads), static_cast<int>(sequence_head % Heads),
          static_cast<int>((tiles - 1 - tile) * Rows)};
}

}  // namespace headwise::cuda
