// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// Sixteen rows of `Columns` numbers of 16 bits, filled up with zeros to a multiple of 16, in the registers of a warp,
/// as left factors of tensor cores: of every 16 columns a lane has four pairs, of rows lane / 4 and lane / 4 + 8. That
/// is what it has of a `warp_tile`, too.
template <typename T, int Columns>
struct row_fragments {
  static constexpr int steps = (Columns + 15) / 16;

  register_array<std::uint32_t, steps, 4> word;

  /// Reads this lane's two rows; null ones are zeros. Rows of whole pairs at multiples of 4 bytes are read by pairs.
  HEADWISE_DEVICE void load(const T* const (&row)[2], bool by_pairs) {
    HEADWISE_UNROLL
    for (int step = 0; step < steps; ++step) {
      HEADWISE_UNROLL
      for (int i = 0; i < 4; ++i) {
        const int column = step * 16 + i / 2 * 8 + lane_index() % 4 * 2;
        word[step][i] = row[i % 2] == nullptr ? 0U : pair_at(row[i % 2], column, by_pairs);
      }
    }
  }

  /// Takes the numbers of a tile, rounded to 16 bits.
  HEADWISE_DEVICE void round(const warp_tile<1, 2 * steps>& tile) {
    HEADWISE_UNROLL
    for (int step = 0; step < steps; ++step) {
      HEADWISE_UNROLL
      for (int i = 0; i < 4; ++i) {
        const float(&block)[4] = tile.value[0][2 * step + i / 2];
        word[step][i] = pack<T>(block[i % 2 * 2], block[i % 2 * 2 + 1]);
      }
    }
  }

 private:
  HEADWISE_DEVICE static std::uint32_t pair_at(const T* row, int column, bool by_pairs) {
    if (by_pairs) return column < Columns ? load_global(reinterpret_cast<const std::uint32_t*>(row + column)) : 0U;
    const std::uint32_t first = column < Columns ? load_global(row + column).bits : 0U;
    const std::uint32_t second = column + 1 < Columns ? load_global(row + column + 1).bits : 0U;
    return first | second << 16;
  }
};

/// c += a b^T: the rows of a and all rows of b, summed over their columns.
template <typename T, int Widths, int Rows, int Columns>
HEADWISE_DEVICE void multiply_rows(warp_tile<1, Widths>& c, const row_fragments<T, Columns>& a,
                                   const shared_tile<Rows, Columns>& b) {
  static_assert(Widths * 8 == Rows && Widths % 2 == 0);
  const auto from_b = b.from(lane_index() % 16, lane_index() / 16);
  HEADWISE_UNROLL
  for (int step = 0; step < row_fragments<T, Columns>::steps; ++step) {
    HEADWISE_UNROLL
    for (int n = 0; n < Widths; n += 2) {
      std::uint32_t right[4];
      load_matrices(right, from_b.at(n * 8, 2 * step));
      multiply_add<T>(c.value[0][n], a.word[step], right[0], right[2]);
      multiply_add<T>(c.value[0][n + 1], a.word[step], right[1], right[3]);
    }
  }
}

/// c += a b: a has a column for every row of b.
template <typename T, int Widths, int Rows, int Columns>
HEADWISE_DEVICE void multiply_columns(warp_tile<1, Widths>& c, const row_fragments<T, Rows>& a,
                                      const shared_tile<Rows, Columns>& b) {
  static_assert(Widths * 8 == shared_tile<Rows, Columns>::columns && Rows % 16 == 0);
  const auto from_b = b.from(lane_index() % 16, lane_index() / 16);
  HEADWISE_UNROLL
  for (int step = 0; step < row_fragments<T, Rows>::steps; ++step) {
    HEADWISE_UNROLL
    for (int n = 0; n < Widths; n += 2) {
      std::uint32_t right[4];
      load_matrices_transposed(right, from_b.at(step * 16, n));
      multiply_add<T>(c.value[0][n], a.word[step], right[0], right[1]);
      multiply_add<T>(c.value[0][n + 1], a.word[step], right[2], right[3]);
    }
  }
}

}  // namespace headwise::cuda
