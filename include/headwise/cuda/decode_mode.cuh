// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/decode_settings.cuh"
#include "headwise/cuda/decode_tile.cuh"
#include "headwise/cuda/mixed_decode_shape.cuh"
#include "headwise/operations/compose_heads.hpp"

namespace headwise::cuda {

/// How attention over component heads is executed. All ways mean the same.
enum class decode_mode {
  choose,    ///< whichever the cost model takes for cheapest
  expanded,  ///< composite heads are built in the workspace and attended to; where none are built, just attention
  absorbed,  ///< mixing is absorbed into scores and weights: the cache is read once, and composite heads never exist
  mix_on_the_fly,  ///< composite heads exist in shared memory, for some keys at a time
};

/// Whether composite heads are a matrix times component heads and nothing else, and the variant runs on tensor cores.
template <any_attention_variant Variant, typename Scalar>
inline constexpr bool mixes_on_tensor_cores = Variant::absorbable&& attends_by_tiles<Variant, Scalar>;

/// Whether absorbing in blocks of `RowTiles` tiles of rows takes no more shared memory than there is on every device.
template <any_attention_variant Variant, typename Scalar, int RowTiles>
inline constexpr bool absorbs_in_blocks_of =
    decode_tile<Variant, Scalar, true, decode_settings_for<Variant, true, RowTiles>>::shared_bytes <=
    shared_bytes_everywhere;

/// Whether mixing can be absorbed: no norm stands behind it, the variant runs on tensor cores, and the weights of its
/// heads fit into shared memory beside their tiles.
template <any_attention_variant Variant, typename Scalar>
inline constexpr bool can_be_absorbed = [] {
  if constexpr (mixes_on_tensor_cores<Variant, Scalar>)
    return absorbs_in_blocks_of<Variant, Scalar, 1> && absorbs_in_blocks_of<Variant, Scalar, 2> &&
           absorbs_in_blocks_of<Variant, Scalar, 4>;
  else
    return false;
}();

/// Whether the kernel that mixes on the fly takes a variant where blocks have `shared_bytes` of shared memory: mixing
/// is linear and all that there is, and its heads fit there and into registers.
template <any_attention_variant Variant, typename Scalar>
constexpr bool can_be_mixed_on_the_fly(std::size_t shared_bytes) {
  if constexpr (mixes_on_tensor_cores<Variant, Scalar>)
    return Variant::head_dim <= 128 && Variant::value_dim <= 128 &&
           mixed_decode_shape<Variant>::shared_bytes <= shared_bytes;
  else
    return false;
}

/// Shared memory of a block on the smallest device that decode_mode::mix_on_the_fly is meant for, where it is asked for
/// by name: an A100.
inline constexpr std::size_t most_shared_bytes_by_name = 163 * 1024;

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

  /// What the parts of all rows, written and read again, take for every key.
  static constexpr std::int64_t bytes_of_parts(std::int64_t queries) {
    return 2 * 4 * Dv * H * queries /
           decode_keys_of_block(Variant::component_heads, Variant::query_heads, queries, Variant::head_dim,
                                Variant::value_dim);
  }

  static constexpr decode_cost absorbed(std::int64_t queries) {
    const std::int64_t key_products = Variant::key_mixing::mixes ? C : 1;
    const std::int64_t value_products = Variant::value_mixing::mixes ? C : 1;
    return {.bytes = 2 * C * (D + Dv) + bytes_of_parts(queries),
            .flops = 2 * whole_tiles(H * queries) * (key_products * D + value_products * Dv)};
  }

  /// Every block reads all component heads, and multiplies whole tiles of 16 of them by 16 composite heads.
  static constexpr decode_cost mixed_on_the_fly(std::int64_t queries) {
    using shape = mixed_decode_shape<Variant>;
    const std::int64_t blocks = shape::composite_blocks * shape::row_blocks(queries);
    return {.bytes = 2 * C * (D + Dv) * blocks + bytes_of_parts(queries),
            .flops = 2 * blocks * 16 * (whole_tiles(C) + shape::units) * (D + Dv)};
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

/// The way that `decode_mode::choose` takes for a call with so many queries, on every device the same.
template <any_attention_variant Variant, typename Scalar>
constexpr decode_mode chosen_decode_mode(std::int64_t queries) {
  using costs = decode_costs<Variant>;
  decode_mode mode = decode_mode::expanded;
  std::int64_t least = costs::expanded(queries).time();
  if constexpr (key_composition<Variant>::changes || value_composition<Variant>::changes) {
    const auto consider = [&](decode_mode other, const decode_cost& cost) {
      if (cost.time() > least) return;
      mode = other;
      least = cost.time();
    };
    if constexpr (can_be_mixed_on_the_fly<Variant, Scalar>(shared_bytes_everywhere))
      consider(decode_mode::mix_on_the_fly, costs::mixed_on_the_fly(queries));
    if constexpr (can_be_absorbed<Variant, Scalar>) consider(decode_mode::absorbed, costs::absorbed(queries));
  }
  return mode;
}

}  // namespace headwise::cuda
