// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/left_runs.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu {

/// Elements that a broadcast takes for eight rows: as many as leave room for four rows in a packet.
template <typename F>
constexpr int eight_row_run() {
  return std::max(packet<sum_of<F>>::size / 4, 1);
}
/// Whether there are such broadcasts.
template <typename F>
inline constexpr bool can_take_eight_rows = tiles::can_be_left_runs<F>(eight_row_run<F>());

namespace tiles {

/// Eight rows with `Columns` rows of `b`: whole runs of rows, or one row.
template <int Columns, typename F>
void eight_row_register_dots(std::int64_t runs, const F* eight, row_factor<const F> b, row_factor<sum_of<F>> result,
                             result_write write, row_delivery<>& delivery) {
  using T = sum_of<F>;
  using p = packet<T>;
  constexpr int run = eight_row_run<F>();
  typename p::type sums[std::size_t{Columns}][2];
  unroll<Columns>([&](int j) __attribute__((always_inline)) { sums[j][0] = sums[j][1] = p::zero(); });
  add_products<Columns, 2, F>(runs, left_runs<F, run>{b.data, b.row_step}, row_factor<const F>{eight, 2 * p::size},
                              sums, delivery);
  unroll<(Columns + run - 1) / run>([&](int group) __attribute__((always_inline)) {
    unroll<2>([&](int half) __attribute__((always_inline)) {
      typename p::type of_columns[std::size_t{run}];
      unroll<run>([&](int j) __attribute__((always_inline)) {
        of_columns[j] = sums[std::min(group * run + j, Columns - 1)][half];
      });
      T dots[4][std::size_t{run}];
      p::store(dots[0], p::template sums_of_runs<run>(of_columns));
      for (int i = 0; i < 4; ++i) {
        T* to = result.from_row(4 * half + i).data + group * run;
        for (int j = 0; j < std::min(run, Columns); ++j)
          to[j] = write == result_write::add ? to[j] + dots[i][j] : dots[i][j];
      }
    });
  });
}

}  // namespace tiles

/// result[i][j] (=|+=) <a_i, b_j> of eight rows of `a`, which lie as [depth / run][8][run] with the run of
/// `eight_row_run`, a divisor of the depth, and `columns` rows of `b`. Upcoming rows are asked for meanwhile.
template <typename F, typename Stored = F>
EIGEN_DONT_INLINE void eight_row_dots(std::int64_t columns, std::int64_t depth, const F* eight, row_factor<const F> b,
                                      row_factor<sum_of<F>> result, result_write write,
                                      const upcoming_rows<Stored>& upcoming = {}) {
  constexpr int run = eight_row_run<F>();
  constexpr int most = register_tile<sum_of<F>>::sums / 2;
  const auto for_each_tile = [&](const auto& tile) {
    std::int64_t j = 0;
    const auto take = [&](auto count) {
      for (; j + count <= columns; j += count) tile(j, count);
    };
    take(std::integral_constant<int, most / run * run>{});
    take(std::integral_constant<int, 2 * run>{});
    take(std::integral_constant<int, run>{});
    take(std::integral_constant<int, 1>{});
  };
  std::int64_t tiles = 0;
  for_each_tile([&](std::int64_t /*first*/, auto /*count*/) { ++tiles; });
  row_delivery<> delivery(upcoming, tiles * (depth / run));
  for_each_tile([&](std::int64_t first, auto count) {
    tiles::eight_row_register_dots<count>(depth / run, eight, b.from_row(first), result.from_column(first), write,
                                          delivery);
  });
}

}  // namespace headwise::cpu
