// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/core/half_precision.hpp"
#include "headwise/core/host_device.hpp"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/mixing_tile.cuh"
#include "headwise/cuda/visible_keys.cuh"

namespace headwise::cuda {

/// How a block of the kernel that mixes is cut.
template <any_attention_variant Variant>
struct mixed_decode_shape {
  static constexpr int key_rows = 16;
  static constexpr int warps = 8;
  static constexpr int threads = warps * warp_size;
  static constexpr int units = 16;
  static constexpr int units_of_warp = units / warps;
  /// Composite heads of a block, and how many units of rows each of them has.
  static constexpr int composites = static_cast<int>(std::bit_ceil(std::min(16U, unsigned{Variant::composite_heads})));
  static constexpr int row_tiles = units / composites;
  static constexpr int composite_blocks = (Variant::composite_heads + composites - 1) / composites;

  /// Keys and values of one tile after the other stand at the same place.
  template <typename T, int Dim>
  using tile_of = mixing_tile<T, Variant::component_heads, composites, Dim, key_rows, threads>;
  using widest_tile = tile_of<bfloat16, std::max(Variant::head_dim, Variant::value_dim)>;
  static constexpr int composites_offset = widest_tile::component_bytes;
  static constexpr int rows_offset = composites_offset + widest_tile::composite_bytes;
  static constexpr int seen_offset = rows_offset + units * 16 * static_cast<int>(sizeof(decode_row));
  static constexpr int key_weights_offset = seen_offset + units * static_cast<int>(sizeof(visible_keys));
  static constexpr int value_weights_offset = key_weights_offset + widest_tile::weight_bytes;
  static constexpr std::size_t shared_bytes = value_weights_offset + widest_tile::weight_bytes;

  /// Blocks that share the rows of a composite head.
  HEADWISE_HOST_DEVICE static constexpr std::int64_t row_blocks(std::int64_t queries) {
    constexpr int rows = row_tiles * 16;
    return (queries * most_heads_of_composite<Variant>() + rows - 1) / rows;
  }
};

}  // namespace headwise::cuda
