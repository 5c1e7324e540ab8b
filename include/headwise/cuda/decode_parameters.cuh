// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/shared_tile.cuh"

namespace headwise::cuda {

/// Where the results of the parts stand that keys are cut into, until they are merged: for every row, [batch][queries]
/// [H], those of all parts, the outputs [parts][columns] and their log-sum-exps [parts]. A part without a visible key
/// has the log-sum-exp of minus infinity, and its outputs are not written.
struct decode_parts {
  float* out;
  float* lse;
  std::int64_t count;
  int columns;

  HEADWISE_DEVICE std::int64_t index(std::int64_t row, std::int64_t part) const { return row * count + part; }
};

/// What the decoding kernel is told. Keys and values are `Heads` heads: composite ones, of which every query head reads
/// its own, or component heads, to be mixed with the weights [C][G], which are null where they are not mixed.
template <any_attention_variant Variant, typename Scalar, int Heads>
struct decode_parameters {
  head_view<const Scalar, Variant::query_heads, Variant::head_dim> q;
  head_view<const Scalar, Heads, Variant::head_dim> k;
  head_view<const Scalar, Heads, Variant::value_dim> v;
  const Scalar* key_weight;
  const Scalar* value_weight;
  kernel_lengths query_lengths;
  kernel_lengths key_lengths;
  typename Variant::mask mask;
  typename Variant::score_modification score;
  head_view<Scalar, Variant::query_heads, Variant::value_dim> out;
  head_scalar_view<float, Variant::query_heads> lse;
  decode_parts parts;
  int keys_of_part;

  HEADWISE_DEVICE decode_side side(int b) const {
    return {b, static_cast<int>(length_of(query_lengths, b, q.tokens)),
            static_cast<int>(length_of(key_lengths, b, k.tokens))};
  }
};

/// Which tensors of a call can be moved by whole chunks, and its queries and outputs by pairs of numbers.
struct decode_alignment {
  bool k;
  bool v;
  bool q_pairs;
  bool out_pairs;
};

/// Whether every row of a view starts at a multiple of 4 bytes and consists of whole pairs of 16-bit numbers.
template <typename T, int Heads, int Dim>
bool has_aligned_pairs(const head_view<T, Heads, Dim>& view) {
  return Dim % 2 == 0 && chunk_aligned<2>(view);
}

/// How the tensors of a call can be moved.
template <typename Variant, typename Scalar, int Heads>
decode_alignment alignment_of(const decode_parameters<Variant, Scalar, Heads>& p) {
  return {.k = has_aligned_chunks(p.k),
          .v = has_aligned_chunks(p.v),
          .q_pairs = has_aligned_pairs(p.q),
          .out_pairs = has_aligned_pairs(p.out)};
}

}  // namespace headwise::cuda
