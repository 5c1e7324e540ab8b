// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/shared_bytes.cuh"

namespace headwise::cuda {

/// How a block of the decoding kernel cuts its work. A team of `row_tiles` warps, of 16 query rows each, shares tiles
/// of `key_rows` keys, which wait in a ring of `stages` places; the teams of a block take the tiles of its keys in
/// turn.
struct decode_settings {
  int row_tiles;
  int teams;
  int key_rows;
  int stages;
  /// Blocks that share a multiprocessor, which bounds the registers of a thread.
  int blocks;

  constexpr int rows() const { return 16 * row_tiles; }
  constexpr int team_threads() const { return row_tiles * warp_size; }
  constexpr int threads() const { return teams * team_threads(); }
  bool operator==(const decode_settings&) const = default;
};

/// The cut for heads of `dim` features, the wider of keys and values. Memory is kept busy by what is on its way: some
/// 64 KiB of a multiprocessor. The ring has as many places as the rows and their weights, `row_bytes` for each row,
/// leave room for on every device, but two at least.
constexpr decode_settings decode_settings_of(int dim, int row_tiles, int row_bytes) {
  const int ring_bytes = shared_bytes_everywhere - 16 * row_tiles * row_bytes;
  // Wide heads leave registers for fewer scores.
  const int key_rows = dim <= 128 ? 32 : 16;
  const int teams = std::max(1, (dim <= 192 ? 4 : 2) / row_tiles);
  const int tile_bytes = key_rows * ((dim + 15) / 16 * 16) * 2;
  return {.row_tiles = row_tiles,
          .teams = teams,
          .key_rows = key_rows,
          .stages = std::clamp(ring_bytes / (teams * tile_bytes), 2, 5),
          .blocks = dim <= 128 ? 2 : 1};
}

/// Keys that a block takes, by what the variant is and how many queries there are: what a query gives depends neither
/// on the device nor on other sequences of the batch. `heads` of 16-bit keys and values are read for the rows of
/// `query_heads` and all queries. What is written for the merge, and that reads again, is to be a thirtieth of what is
/// read; few keys are not worth a block. More queries than a block takes have blocks of their own, so that there are
/// enough with longer parts.
constexpr int decode_keys_of_block(int heads, int query_heads, std::int64_t queries, int head_dim, int value_dim) {
  constexpr std::int64_t least_bytes = 128 * 1024;
  constexpr std::int64_t least_keys = 128;
  const std::int64_t key_bytes = std::int64_t{heads} * (head_dim + value_dim) * 2;
  const std::int64_t merged_bytes = queries * query_heads * value_dim * 8;
  const std::int64_t queries_of_block = std::max(1, 64 / query_heads);
  const std::int64_t most_keys =
      std::min(512 * std::max<std::int64_t>(1, queries / queries_of_block), std::int64_t{1} << 30);
  const std::int64_t wanted = std::max(least_bytes, 32 * merged_bytes) / key_bytes;
  return static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(std::clamp(wanted, least_keys, most_keys))));
}

}  // namespace headwise::cuda
