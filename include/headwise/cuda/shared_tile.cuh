// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// Numbers of 16 bits in a chunk, the piece that an access of 16 bytes moves.
inline constexpr int chunk_size = 8;

/// A tile of `Rows` rows of `Columns` numbers of 16 bits in shared memory, its columns filled up with zeros to a
/// multiple of 16. Chunk `c` of row `r` stands at place `c ^ x(r)` of that row, x such that the same chunk of eight
/// neighbouring rows lies in eight different groups of banks, whatever the width: loading matrices meets no bank twice.
/// Tiles side by side whose `turn` differs have the same chunk of the same row in different groups of banks, too.
template <int Rows, int Columns>
struct shared_tile {
  static constexpr int rows = Rows;
  static constexpr int columns = (Columns + 15) / 16 * 16;
  static constexpr int chunks = columns / chunk_size;
  static constexpr int row_bytes = columns * 2;
  static constexpr int bytes = Rows * row_bytes;

  shared_address first;
  int turn = 0;

  /// Where a chunk stands.
  HEADWISE_DEVICE shared_address chunk(int row, int index) const {
    return first + row * row_bytes + (index ^ swizzle(row) ^ (turn & swizzled_chunks)) * chunk_bytes;
  }

  /// A lane's way through the tile from a row of its own, in constant steps of 8 rows and 2 chunks.
  struct cursor {
    shared_address start;

    HEADWISE_DEVICE shared_address at(int rows_ahead, int chunks_ahead) const {
      return (start ^ (chunks_ahead & swizzled_chunks) * chunk_bytes) +
             (rows_ahead * row_bytes + (chunks_ahead & ~swizzled_chunks) * chunk_bytes);
    }
  };
  /// The way that starts at chunk 0 or 1 of `row`.
  HEADWISE_DEVICE cursor from(int row, int index) const { return {chunk(row, index)}; }

 private:
  static constexpr int chunk_bytes = 16;
  // A row of 2, 4 or 8 chunks (times an odd number) starts at the banks of the row 4, 2 or 1 before it.
  static constexpr int period_bits = chunks % 8 == 0 ? 3 : chunks % 4 == 0 ? 2 : 1;
  static constexpr int swizzled_chunks = (1 << period_bits) - 1;
  HEADWISE_DEVICE static constexpr int swizzle(int row) { return row >> (3 - period_bits) & swizzled_chunks; }
};

/// Whether every row of a view starts at a multiple of 16 bytes and consists of whole chunks.
template <typename T, int Heads, int Dim>
bool has_aligned_chunks(const head_view<T, Heads, Dim>& view) {
  return Dim % chunk_size == 0 && chunk_aligned<chunk_size>(view);
}

/// Chunk `index` of a row of `Dim` numbers, number by number; what is behind the row's end is zero.
template <int Dim, typename T>
HEADWISE_DEVICE four_words gather_chunk(const T* chunk, int index) {
  four_words words{};
  HEADWISE_UNROLL
  for (int i = 0; i < chunk_size; ++i)
    if (index * chunk_size + i < Dim) words.word[i / 2] |= std::uint32_t{load_global(chunk + i).bits} << (i % 2 * 16);
  return words;
}

/// Starts to fill a tile with the rows [first, first + Rows) of one head of a view; rows at `end` and behind are zeros
/// and not read. `Threads` threads take part; `thread` is the calling one among them.
template <int Threads, typename T, int Heads, int Dim, int Rows>
HEADWISE_DEVICE void copy_rows(const head_view<const T, Heads, Dim>& view, int b, int head, int first, int end,
                               bool aligned, const shared_tile<Rows, Dim>& tile, int thread = thread_index()) {
  constexpr int chunks = shared_tile<Rows, Dim>::chunks;
  // Every thread keeps to one chunk of the rows that it moves.
  constexpr int rows_at_once = Threads / chunks;
  const int index = thread % chunks;
  const int first_row = thread / chunks;
  const T* from = view.row(b, first + first_row, head) + index * chunk_size;
  HEADWISE_UNROLL
  for (int ahead = 0; ahead < Rows; ahead += rows_at_once) {
    const int row = first_row + ahead;
    if (Threads % chunks != 0 && first_row == rows_at_once) continue;
    if (Rows % rows_at_once != 0 && row >= Rows) continue;
    const bool wanted = first + row < end && index * chunk_size < Dim;
    if (aligned) {
      // An address that is not read must be one that could be.
      copy_async(tile.chunk(row, index), wanted ? from : view.data, wanted);
    } else {
      store_shared(tile.chunk(row, index), wanted ? gather_chunk<Dim>(from, index) : four_words{});
    }
    from += rows_at_once * view.token_stride;
  }
}

/// Writes rows of a tile, which this warp has written, to the rows from `first` on of one head of a view, as long as
/// they stand before `end`.
template <int WarpRows, typename T, int Heads, int Dim, int Rows>
HEADWISE_DEVICE void write_rows(const shared_tile<Rows, Dim>& tile, int first_row, const head_view<T, Heads, Dim>& view,
                                std::int64_t b, int head, std::int64_t first, int end, bool aligned) {
  using tile_type = shared_tile<Rows, Dim>;
  constexpr int pieces = WarpRows * tile_type::chunks;
  for (int piece = lane_index(); piece < pieces; piece += warp_size) {
    const int row = piece / tile_type::chunks;
    const int index = piece % tile_type::chunks;
    if (first + row >= end || index * chunk_size >= Dim) continue;
    const auto chunk = load_four_words(tile.chunk(first_row + row, index));
    T* to = view.row(b, first + row, head) + index * chunk_size;
    if (aligned) {
      store_global(reinterpret_cast<four_words*>(to), chunk);
    } else {
      HEADWISE_UNROLL
      for (int i = 0; i < chunk_size; ++i)
        if (index * chunk_size + i < Dim) {
          T number;
          number.bits = static_cast<std::uint16_t>(chunk.word[i / 2] >> (i % 2 * 16));
          store_global(to + i, number);
        }
    }
  }
}

}  // namespace headwise::cuda
