// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/register_array.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/warp_sums.cuh"

namespace headwise::cuda {

/// A tile of floats spread over a warp, in the registers that tensor cores sum into: 16 Heights rows and 8 Widths
/// columns. Of every block of 16 rows and 8 columns, a lane has two neighbouring columns of row lane / 4 (elements 0
/// and 1) and of row lane / 4 + 8 (elements 2 and 3). `half` names these two rows.
template <int Heights, int Widths>
struct warp_tile {
  static constexpr int heights = Heights;
  static constexpr int widths = Widths;

  register_array<float, Heights, Widths, 4> value;

  /// A lane's elements by its own rows and columns, 2 Heights and 2 Widths of them: those of lane 0 stand at
  /// `row_place(row)` and `column_place(column)` of the tile, those of others `first_row()` and `first_column()`
  /// behind.
  HEADWISE_DEVICE float& at(int row, int column) { return value[row / 2][column / 2][row % 2 * 2 + column % 2]; }
  HEADWISE_DEVICE static constexpr int row_place(int row) { return row * 8; }
  HEADWISE_DEVICE static constexpr int column_place(int column) { return column / 2 * 8 + column % 2; }
  HEADWISE_DEVICE static int first_row() { return lane_index() / 4; }
  HEADWISE_DEVICE static int first_column() { return lane_index() % 4 * 2; }

  HEADWISE_DEVICE static int row_of(int m, int half) { return m * 16 + half * 8 + lane_index() / 4; }
  HEADWISE_DEVICE static int column_of(int n, int element) { return n * 8 + lane_index() % 4 * 2 + element % 2; }

  /// Calls `visit(m, half)` for every row of this lane.
  template <typename Visit>
  HEADWISE_DEVICE static void for_each_row(const Visit& visit) {
    HEADWISE_UNROLL
    for (int row = 0; row < 2 * Heights; ++row) visit(row / 2, row % 2);
  }
  /// Calls `visit(element, column)` for every element of one row of this lane.
  template <typename Visit>
  HEADWISE_DEVICE void for_each_in_row(int m, int half, const Visit& visit) {
    HEADWISE_UNROLL
    for (int i = 0; i < 2 * Widths; ++i) visit(value[m][i / 2][2 * half + i % 2], column_of(i / 2, i));
  }
  template <typename Visit>
  HEADWISE_DEVICE void for_each_in_row(int m, int half, const Visit& visit) const {
    HEADWISE_UNROLL
    for (int i = 0; i < 2 * Widths; ++i) visit(value[m][i / 2][2 * half + i % 2], column_of(i / 2, i));
  }

  HEADWISE_DEVICE void set_zero() {
    for_each_row([&](int m, int half) { for_each_in_row(m, half, [](float& x, int) { x = 0; }); });
  }
  HEADWISE_DEVICE void scale(float factor) {
    for_each_row([&](int m, int half) { for_each_in_row(m, half, [&](float& x, int) { x *= factor; }); });
  }
  /// How many NaNs this lane has.
  HEADWISE_DEVICE int nans() const {
    int count = 0;
    for_each_row([&](int m, int half) { for_each_in_row(m, half, [&](float x, int) { count += x != x ? 1 : 0; }); });
    return count;
  }
};

/// The sum over the four lanes that share a row of a tile.
HEADWISE_DEVICE float sum_of_row(float x) { return sum_over_lanes<4>(x); }
/// The largest over the four lanes that share a row of a tile.
HEADWISE_DEVICE float largest_of_row(float x) {
  const float other = shuffle_xor(x, 1);
  x = x > other ? x : other;
  const float another = shuffle_xor(x, 2);
  return x > another ? x : another;
}

/// c += a b^T: the rows of a from `a_row` on and all rows of b, summed over their columns.
template <typename T, int Heights, int Widths, int RowsA, int RowsB, int Columns>
HEADWISE_DEVICE void multiply_rows(warp_tile<Heights, Widths>& c, const shared_tile<RowsA, Columns>& a, int a_row,
                                   const shared_tile<RowsB, Columns>& b) {
  static_assert(Widths * 8 == RowsB && Widths % 2 == 0);
  const auto from_a = a.from(a_row + lane_index() % 16, lane_index() / 16);
  const auto from_b = b.from(lane_index() / 16 * 8 + lane_index() % 8, lane_index() / 8 % 2);
  HEADWISE_UNROLL
  for (int step = 0; step < shared_tile<RowsB, Columns>::chunks; step += 2) {
    register_array<std::uint32_t, Heights, 4> left;
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m) load_matrices(left[m], from_a.at(m * 16, step));
    HEADWISE_UNROLL
    for (int n = 0; n < Widths; n += 2) {
      std::uint32_t right[4];
      load_matrices(right, from_b.at(n * 8, step));
      HEADWISE_UNROLL
      for (int m = 0; m < Heights; ++m) {
        multiply_add<T>(c.value[m][n], left[m], right[0], right[1]);
        multiply_add<T>(c.value[m][n + 1], left[m], right[2], right[3]);
      }
    }
  }
}

/// c += a b: a, rounded to 16 bits, has a column for every row of b.
template <typename T, int Heights, int Widths, int Inner, int Rows, int Columns>
HEADWISE_DEVICE void multiply_columns(warp_tile<Heights, Widths>& c, const warp_tile<Heights, Inner>& a,
                                      const shared_tile<Rows, Columns>& b) {
  static_assert(Inner * 8 == Rows && Inner % 2 == 0);
  static_assert(Widths * 8 == shared_tile<Rows, Columns>::columns);
  const auto from_b = b.from(lane_index() % 16, lane_index() / 16);
  HEADWISE_UNROLL
  for (int step = 0; step < Inner; step += 2) {
    register_array<std::uint32_t, Heights, 4> left;
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m) {
      HEADWISE_UNROLL
      for (int i = 0; i < 4; ++i) {
        const float(&block)[4] = a.value[m][step + i / 2];
        left[m][i] = pack<T>(block[i % 2 * 2], block[i % 2 * 2 + 1]);
      }
    }
    HEADWISE_UNROLL
    for (int n = 0; n < Widths; n += 2) {
      std::uint32_t right[4];
      load_matrices_transposed(right, from_b.at(step * 8, n));
      HEADWISE_UNROLL
      for (int m = 0; m < Heights; ++m) {
        multiply_add<T>(c.value[m][n], left[m], right[0], right[1]);
        multiply_add<T>(c.value[m][n + 1], left[m], right[2], right[3]);
      }
    }
  }
}

/// Puts a tile, rounded to 16 bits, into the rows of shared memory from `first_row` on.
template <typename T, int Heights, int Widths, int Rows, int Columns>
HEADWISE_DEVICE void put(const warp_tile<Heights, Widths>& tile, const shared_tile<Rows, Columns>& to, int first_row) {
  static_assert(Widths * 8 == shared_tile<Rows, Columns>::columns);
  tile.for_each_row([&](int m, int half) {
    HEADWISE_UNROLL
    for (int n = 0; n < Widths; ++n) {
      const shared_address chunk = to.chunk(first_row + tile.row_of(m, half), n);
      store_shared(chunk + lane_index() % 4 * 4, pack<T>(tile.value[m][n][half * 2], tile.value[m][n][half * 2 + 1]));
    }
  });
}

}  // namespace headwise::cuda
