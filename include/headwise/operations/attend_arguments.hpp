// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"

namespace headwise {

/// The arguments of `attend`: S = scale <q, k> per query head and its composite head, score modification, mask, softmax
/// over keys, out = softmax(S) v. Rows that see no key give out = 0 and lse = -inf.
///
/// Sequences may be shorter than their view: with lengths given, tokens past them are not read, and outputs of queries
/// past them are 0 and -inf. Causal masks and positions align the last query of a sequence with its last key.
///
/// Log-sum-exps are of the accumulator's type: in 16 bits they would spoil the weights that the backward makes of them.
template <any_attention_variant Variant, typename Scalar>
struct attend_arguments {
  using variant = Variant;
  using scalar = Scalar;
  using accumulator = typename Variant::template accumulator<Scalar>;

  head_view<const Scalar, Variant::query_heads, Variant::head_dim> q;       ///< [batch][queries][H][D]
  head_view<const Scalar, Variant::composite_heads, Variant::head_dim> k;   ///< [batch][keys][G][D]
  head_view<const Scalar, Variant::composite_heads, Variant::value_dim> v;  ///< [batch][keys][G][D_v]
  head_view<Scalar, Variant::query_heads, Variant::value_dim> out;          ///< [batch][queries][H][D_v], overwritten
  head_scalar_view<accumulator, Variant::query_heads> lse{};  ///< [batch][H][queries], natural log, or absent
  std::span<const std::int64_t> query_lengths{};              ///< [batch], or empty: all queries
  std::span<const std::int64_t> key_lengths{};                ///< [batch], or empty: all keys
  typename Variant::mask mask{};
  typename Variant::score_modification score{};
};

/// The arguments of `attend_backward`: what `attend` was given and what it returned, the gradient of its output, and
/// where the gradients of its inputs go.
template <any_attention_variant Variant, typename Scalar>
struct attend_backward_arguments {
  using variant = Variant;
  using scalar = Scalar;
  using accumulator = typename Variant::template accumulator<Scalar>;

  head_view<const Scalar, Variant::query_heads, Variant::head_dim> q;
  head_view<const Scalar, Variant::composite_heads, Variant::head_dim> k;
  head_view<const Scalar, Variant::composite_heads, Variant::value_dim> v;
  head_view<const Scalar, Variant::query_heads, Variant::value_dim> out;           ///< as `attend` wrote it
  head_scalar_view<const accumulator, Variant::query_heads> lse;                   ///< as `attend` wrote it
  head_view<const Scalar, Variant::query_heads, Variant::value_dim> out_gradient;  ///< [batch][queries][H][D_v]
  head_scalar_view<const accumulator, Variant::query_heads> lse_gradient{};        ///< [batch][H][queries], or absent
  /// [batch][H][queries], <out, out_gradient> for every row, or absent: then it is worked out. The gradient of lse is
  /// not in it.
  head_scalar_view<const accumulator, Variant::query_heads> delta{};
  head_view<Scalar, Variant::query_heads, Variant::head_dim> q_gradient;       ///< overwritten
  head_view<Scalar, Variant::composite_heads, Variant::head_dim> k_gradient;   ///< overwritten
  head_view<Scalar, Variant::composite_heads, Variant::value_dim> v_gradient;  ///< overwritten
  std::span<const std::int64_t> query_lengths{};
  std::span<const std::int64_t> key_lengths{};
  typename Variant::mask mask{};
  typename Variant::score_modification score{};
};

namespace detail {

/// The number of live tokens of one sequence.
inline std::int64_t length_of(std::span<const std::int64_t> lengths, std::int64_t b, std::int64_t tokens) {
  return lengths.empty() ? tokens : lengths[static_cast<std::size_t>(b)];
}

/// The number of live tokens of the longest sequence.
constexpr std::int64_t longest_of(std::span<const std::int64_t> lengths, std::int64_t tokens) {
  return lengths.empty() ? tokens : *std::max_element(lengths.begin(), lengths.end());
}

}  // namespace detail
}  // namespace headwise
