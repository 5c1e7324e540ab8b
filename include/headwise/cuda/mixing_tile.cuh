// SPDX-License-Identifier: Apache-2.0
// Mixing of one tile of keys or values in shared memory, on tensor cores: the matrix of weights, 16 composite heads by
// 16 component heads at a time, times the features of all component heads of a token. A warp has pairs of chunks of
// features; of the composite heads a lane has two, and of each of their chunks a pair of features.
#pragma once

#include <cstdint>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// Where component and composite heads of `Keys` tokens stand: components token by token, so that those of one token
/// are neighbours, filled up with zeros to a multiple of 16; composites head by head, `Outputs` of them, up to 16.
template <typename T, int Components, int Outputs, int Dim, int Keys, int Threads>
struct mixing_tile {
  static constexpr int steps = (Components + 15) / 16;
  using component_tile = shared_tile<Keys * steps * 16, Dim>;
  using composite_tile = shared_tile<Keys, Dim>;
  static constexpr int component_bytes = component_tile::bytes;
  static constexpr int composite_bytes = Outputs * composite_tile::bytes;
  /// A weight matrix as left factors: for every step and every lane, four pairs.
  static constexpr int weight_bytes = steps * 4 * warp_size * 4;

  component_tile components;
  shared_address composites;
  std::uint32_t* weights;

  /// The keys or values of one of the composite heads.
  HEADWISE_DEVICE composite_tile head(int output) const {
    return {composites + output * composite_tile::bytes, output};
  }

  /// What fills up the component heads; it stays.
  HEADWISE_DEVICE void clear_padding() const {
    if constexpr (Components % 16 != 0) {
      constexpr int padding = steps * 16 - Components;
      constexpr int chunks = component_tile::chunks;
      for (int i = thread_index(); i < Keys * padding * chunks; i += Threads)
        store_shared(components.chunk(row_of(i / chunks / padding, Components + i / chunks % padding), i % chunks),
                     four_words{});
    }
  }

  /// Puts the weights [Components][Composites] of the composite heads from `first` on into shared memory; null ones
  /// are the identity. Heads that there are not have weights of zero.
  template <int Composites>
  HEADWISE_DEVICE void stage_weights(const T* weight, int first) const {
    for (int i = thread_index(); i < steps * 4 * warp_size; i += Threads) {
      const int lane = i % warp_size;
      const int part = i / warp_size % 4;
      const int output = first + lane / 4 + part % 2 * 8;
      const int component = i / (4 * warp_size) * 16 + part / 2 * 8 + lane % 4 * 2;
      const auto number = [&](int c) -> std::uint32_t {
        if (c >= Components || output >= Composites) return 0;
        return weight == nullptr ? T(c == output ? 1.0F : 0.0F).bits
                                 : load_global(weight + c * Composites + output).bits;
      };
      store_shared(weights + i, number(component) | number(component + 1) << 16);
    }
  }

  /// Starts to copy the component heads of the tokens [first, first + Keys); those at `end` and behind are zeros.
  HEADWISE_DEVICE void start(const head_view<const T, Components, Dim>& view, int b, int first, int end,
                             bool aligned) const {
    constexpr int chunks = component_tile::chunks;
    constexpr int pieces = Keys * Components * chunks;
    for (int piece = thread_index(); piece < pieces; piece += Threads) {
      const int index = piece % chunks;
      const int component = piece / chunks % Components;
      const int key = piece / chunks / Components;
      const bool wanted = first + key < end && index * chunk_size < Dim;
      const T* const from = wanted ? view.row(b, first + key, component) + index * chunk_size : view.data;
      const shared_address to = components.chunk(row_of(key, component), index);
      if (aligned) {
        copy_async(to, from, wanted);
      } else {
        store_shared(to, wanted ? gather_chunk<Dim>(from, index) : four_words{});
      }
    }
    commit_copies();
  }

  /// Mixes all of the tile, and rounds to 16 bits.
  HEADWISE_DEVICE void mix() const {
    constexpr int pairs = component_tile::chunks / 2;
    register_array<std::uint32_t, steps, 4> left;
    HEADWISE_UNROLL
    for (int i = 0; i < steps * 4; ++i) left[i / 4][i % 4] = load_shared(weights + i * warp_size + lane_index());
    for (int piece = warp_index(); piece < Keys * pairs; piece += Threads / warp_size) {
      const int key = piece / pairs;
      const int chunk = piece % pairs * 2;
      float sum[2][4] = {};
      HEADWISE_UNROLL
      for (int step = 0; step < steps; ++step) {
        std::uint32_t right[4];
        load_matrices_transposed(
            right, components.chunk(row_of(key, step * 16 + lane_index() % 16), chunk + lane_index() / 16));
        multiply_add<T>(sum[0], left[step], right[0], right[1]);
        multiply_add<T>(sum[1], left[step], right[2], right[3]);
      }
      HEADWISE_UNROLL
      for (int i = 0; i < 4; ++i) {
        const int output = lane_index() / 4 + i / 2 * 8;
        if (Outputs < 16 && output >= Outputs) continue;
        store_shared(head(output).chunk(key, chunk + i % 2) + lane_index() % 4 * 4,
                     pack<T>(sum[i % 2][i / 2 * 2], sum[i % 2][i / 2 * 2 + 1]));
      }
    }
  }

 private:
  HEADWISE_DEVICE static int row_of(int key, int component) { return key * steps * 16 + component; }
};

}  // namespace headwise::cuda
