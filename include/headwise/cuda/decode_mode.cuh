// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/decode_settings.cuh"
#include "headwise/cuda/decode_tile.cuh"
#include "headwise/cuda/mixed_decode_shape.cuh"
#include "headwise/operations/compose_heads.hpp"
#include "headwise/operations/mixing_cost.hpp"

namespace headwise::cuda {

using headwise::decode_mode;

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

/// A device with numbers of 16 bits: as many operations as tensor cores do while memory moves a byte. What mixes heads
/// is summed up outside of tensor cores, at an eighth of their speed.
inline constexpr machine_rates device_rates{
    .flops_per_byte = 100, .cached_flops_per_byte = 100, .cache_bytes = 0, .mixing_slowdown = 8};

/// What each way costs for every key, in a call with so many queries and numbers of 16 bits; operations are those on
/// tensor cores, those on what fills up tiles included.
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

  static constexpr execution_cost absorbed(std::int64_t queries) {
    const std::int64_t key_products = Variant::key_mixing::mixes ? C : 1;
    const std::int64_t value_products = Variant::value_mixing::mixes ? C : 1;
    return cost(2 * whole_tiles(H * queries) * (key_products * D + value_products * Dv),
                2 * C * (D + Dv) + bytes_of_parts(queries));
  }

  /// Every block reads all component heads, and multiplies whole tiles of 16 of them by 16 composite heads.
  static constexpr execution_cost mixed_on_the_fly(std::int64_t queries) {
    using shape = mixed_decode_shape<Variant>;
    const std::int64_t blocks = shape::composite_blocks * shape::row_blocks(queries);
    return cost(2 * blocks * 16 * (whole_tiles(C) + shape::units) * (D + Dv),
                2 * C * (D + Dv) * blocks + bytes_of_parts(queries));
  }

  static constexpr execution_cost expanded(std::int64_t queries) {
    std::int64_t flops = 2 * G * whole_tiles(most_heads_of_composite<Variant>() * queries) * (D + Dv);
    std::int64_t bytes = 0;
    const auto add_side = [&](bool changes, bool mixes, std::int64_t dim) {
      constexpr auto slower = static_cast<std::int64_t>(device_rates.mixing_slowdown);
      bytes += 2 * dim * (changes ? C + 2 * G : G);
      flops += mixes ? slower * 2 * C * G * dim : 0;
    };
    add_side(key_composition<Variant>::changes, Variant::key_mixing::mixes, D);
    add_side(value_composition<Variant>::changes, Variant::value_mixing::mixes, Dv);
    return cost(flops, bytes);
  }

 private:
  static constexpr execution_cost cost(std::int64_t flops, std::int64_t bytes) {
    return device_rates.step(static_cast<double>(flops), static_cast<double>(bytes));
  }
};

/// The way that `decode_mode::choose` takes for a call with so many queries, on every device the same.
template <any_attention_variant Variant, typename Scalar>
constexpr decode_mode chosen_decode_mode(std::int64_t queries) {
  using costs = decode_costs<Variant>;
  decode_mode mode = decode_mode::expanded;
  double least = costs::expanded(queries).time;
  if constexpr (key_composition<Variant>::changes || value_composition<Variant>::changes) {
    const auto consider = [&](decode_mode other, const execution_cost& cost) {
      if (cost.time > least) return;
      mode = other;
      least = cost.time;
    };
    if constexpr (can_be_mixed_on_the_fly<Variant, Scalar>(shared_bytes_everywhere))
      consider(decode_mode::mix_on_the_fly, costs::mixed_on_the_fly(queries));
    if constexpr (can_be_absorbed<Variant, Scalar>) consider(decode_mode::absorbed, costs::absorbed(queries));
  }
  return mode;
}

}  // namespace headwise::cuda
