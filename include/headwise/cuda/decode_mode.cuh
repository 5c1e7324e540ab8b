// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "headwise/composed_variant.hpp"
#include "headwise/core/half_precision.hpp"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/decode_settings.cuh"
#include "headwise/operations/compose_heads.hpp"

namespace headwise::cuda {

/// How attention over component heads is executed. All ways mean the same.
enum class decode_mode {
  choose,    ///< whichever the cost model takes for cheapest
  expanded,  ///< composite heads are built in the workspace and attended to; where none are built, just attention
  absorbed,  ///< mixing is absorbed into scores and weights: the cache is read once, and composite heads never exist
};

/// Whether the decoding kernel takes a variant in a number type: 16 bits, summed in float, and heads whose sums fit
/// into registers.
template <any_attention_variant Variant, typename Scalar>
inline constexpr bool decodes_by_tiles =
    is_half_precision<Scalar>&& std::is_same_v<typename Variant::template accumulator<Scalar>, float>&&
        Variant::head_dim <= widest_decoded_head&& Variant::value_dim <= widest_decoded_head;

/// Whether mixing can be absorbed: no norm stands behind it, and the decoding kernel takes the variant.
template <any_attention_variant Variant, typename Scalar>
inline constexpr bool can_be_absorbed = Variant::absorbable&& decodes_by_tiles<Variant, Scalar>;

/// What a way to decode costs for every key: bytes of device memory, and operations on tensor cores, those on what
/// fills up tiles included.
struct decode_cost {
  std::int64_t bytes;
  std::int64_t flops;

  /// In operations: as many as tensor cores do while memory moves a byte.
  constexpr std::int64_t time() const {
    constexpr std::int64_t flops_per_byte = 100;
    return std::max(bytes * flops_per_byte, flops);
  }
};

/// The cost of each way, for a call with so many queries, in numbers of 16 bits.
template <any_attention_variant Variant>
struct decode_costs {
  static constexpr std::int64_t H = Variant::query_heads;
  static constexpr std::int64_t G = Variant::composite_heads;
  static constexpr std::int64_t C = Variant::component_heads;
  static constexpr std::int64_t D = Variant::head_dim;
  static constexpr std::int64_t Dv = Variant::value_dim;

  static constexpr std::int64_t whole_tiles(std::int64_t rows) { return (rows + 15) / 16 * 16; }

  static constexpr decode_cost absorbed(std::int64_t queries) {
    const std::int64_t key_products = Variant::key_mixing::mixes ? C : 1;
    const std::int64_t value_products = Variant::value_mixing::mixes ? C : 1;
    return {.bytes = 2 * C * (D + Dv),
            .flops = 2 * whole_tiles(H * queries) * (key_products * D + value_products * Dv)};
  }

  static constexpr decode_cost expanded(std::int64_t queries) {
    // Composite heads are summed up outside of tensor cores, at an eighth of their speed.
    constexpr std::int64_t slower = 8;
    decode_cost cost{.bytes = 0, .flops = 2 * G * whole_tiles(most_heads_of_composite<Variant>() * queries) * (D + Dv)};
    const auto add_side = [&](bool changes, bool mixes, std::int64_t dim) {
      cost.bytes += 2 * dim * (changes ? C + 2 * G : G);
      cost.flops += mixes ? slower * 2 * C * G * dim : 0;
    };
    add_side(key_composition<Variant>::changes, Variant::key_mixing::mixes, D);
    add_side(value_composition<Variant>::changes, Variant::value_mixing::mixes, Dv);
    return cost;
  }
};

/// The way that `decode_mode::choose` takes for a call with so many queries.
template <any_attention_variant Variant, typename Scalar>
constexpr decode_mode chosen_decode_mode(std::int64_t queries) {
  using costs = decode_costs<Variant>;
  if constexpr (!can_be_absorbed<Variant, Scalar> ||
                !(key_composition<Variant>::changes || value_composition<Variant>::changes)) {
    return decode_mode::expanded;
  } else {
    return costs::absorbed(queries).time() <= costs::expanded(queries).time() ? decode_mode::absorbed
                                                                              : decode_mode::expanded;
  }
}

}  // namespace headwise::cuda
