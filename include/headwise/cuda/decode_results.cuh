// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/decode_plain_row.cuh"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// Where the rows of a block have their results: among the call's, or in the block's part of them.
template <typename Variant, typename Scalar, int Heads>
struct decode_results {
  const decode_parameters<Variant, Scalar, Heads>& p;
  int batch;
  std::int64_t part;
  bool by_pairs;

  /// Writes the outputs and log-sum-exps of sixteen rows, of which this lane has `row`; `table` has them all.
  template <int Widths>
  HEADWISE_DEVICE void write(const warp_tile<1, Widths>& sums, const float (&lse)[2], const decode_row (&row)[2],
                             const decode_row* table, const decode_side& side, key_span keys) const {
    // Lanes of a warp agree that one of them met a NaN. If it comes from a key that is hidden from its row, taking the
    // row by itself removes it, and if not, it comes back.
    if (any_lane(has_nan(sums, lse, row))) {
      take_rows_again(table, side, keys);
      return;
    }
    sums.for_each_row([&](int m, int half) {
      if (!is_live(row[half])) return;
      if (lane_index() % 4 == 0) put_lse(row[half], lse[half]);
      if (!is_whole() && lse[half] == nothing<float>) return;
      HEADWISE_UNROLL
      for (int n = 0; n < Widths; ++n)
        put_pair(row[half], sums.column_of(n, 0), sums.value[m][n][2 * half], sums.value[m][n][2 * half + 1]);
    });
  }

 private:
  /// Whether there is but one part.
  HEADWISE_DEVICE bool is_whole() const { return p.parts.count == 1; }
  HEADWISE_DEVICE bool is_live(const decode_row& row) const { return row.token < p.q.tokens; }
  HEADWISE_DEVICE std::int64_t place(const decode_row& row) const {
    return p.parts.index((batch * p.q.tokens + row.token) * Variant::query_heads + row.head, part);
  }

  template <int Widths>
  HEADWISE_DEVICE bool has_nan(const warp_tile<1, Widths>& sums, const float (&lse)[2],
                               const decode_row (&row)[2]) const {
    bool found = false;
    sums.for_each_row([&](int m, int half) {
      bool found_in_row = lse[half] != lse[half];
      sums.for_each_in_row(m, half, [&](float sum, int) { found_in_row |= sum != sum; });
      found |= found_in_row && is_live(row[half]);
    });
    return found;
  }

  HEADWISE_DEVICE void take_rows_again(const decode_row* table, const decode_side& side, key_span keys) const {
    for (int r = 0; r < 16; ++r) {
      const decode_row row = load_shared(table + r);
      if (!is_live(row)) continue;
      auto sums = decode_plain_row(p, side, row, keys);
      if (lane_index() == 0) put_lse(row, sums.lse);
      sums.out.for_each([&](float sum, int d) { put(row, d, sum); });
    }
  }

  HEADWISE_DEVICE void put_lse(const decode_row& row, float lse) const {
    if (!is_whole()) {
      store_global(p.parts.lse + place(row), lse);
    } else if (p.lse.data != nullptr) {
      store_global(p.lse.row(batch, row.head) + row.token, lse);
    }
  }
  HEADWISE_DEVICE void put(const decode_row& row, int d, float value) const {
    if (!is_whole()) {
      store_global(p.parts.out + place(row) * p.parts.columns + d, value);
    } else if (d < Variant::value_dim) {
      store_global(p.out.row(batch, row.token, row.head) + d, static_cast<Scalar>(value));
    }
  }
  /// Features d and d + 1, d being even.
  HEADWISE_DEVICE void put_pair(const decode_row& row, int d, float first, float second) const {
    if (!is_whole()) {
      store_global(reinterpret_cast<two_floats*>(p.parts.out + place(row) * p.parts.columns + d),
                   two_floats{first, second});
    } else if (by_pairs) {
      if (d < Variant::value_dim)
        store_global(reinterpret_cast<std::uint32_t*>(p.out.row(batch, row.token, row.head) + d),
                     pack<Scalar>(first, second));
    } else {
      put(row, d, first);
      put(row, d + 1, second);
    }
  }
};

}  // namespace headwise::cuda
