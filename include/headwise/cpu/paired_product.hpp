// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/left_runs.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu {

/// Whether two elements can be broadcast at a time.
template <typename F>
inline constexpr bool can_be_paired = tiles::can_be_left_runs<F>(2);

namespace tiles {

/// result (=|+=) left * right for one register tile, which holds two sums for every result.
template <int Rows, int Packets, typename F, typename Delivery>
EIGEN_ALWAYS_INLINE void paired_register_product(std::int64_t pairs, left_runs<F, 2> left, row_factor<const F> right,
                                                 row_factor<sum_of<F>> result, result_write write, Delivery& delivery) {
  using p = packet<sum_of<F>>;
  constexpr int held = 2 * Packets;
  typename p::type sums[std::size_t{Rows}][std::size_t{held}];
  unroll<Rows>([&](int i) __attribute__((always_inline)) {
    unroll<held>([&](int j) __attribute__((always_inline)) { sums[i][j] = p::zero(); });
  });
  add_products<Rows, held, F>(pairs, left, right, sums, delivery);
  unroll<Rows>([&](int i) __attribute__((always_inline)) {
    unroll<Packets>([&](int j) __attribute__((always_inline)) {
      sum_of<F>* to = result.data + i * result.row_step + j * p::size;
      const typename p::type sum = p::sums_of_neighbours(sums[i][2 * j], sums[i][2 * j + 1]);
      p::store(to, write == result_write::add ? p::add(p::load(to), sum) : sum);
    });
  });
}

}  // namespace tiles

/// `product` with few columns, whole packets of them, by broadcasts of two elements of the left factor: that has
/// contiguous rows, `right` is [depth / 2][columns][2], and `depth` is even. Upcoming rows are asked for meanwhile.
template <typename F, typename Stored = F>
EIGEN_DONT_INLINE void paired_product(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                      row_factor<const F> left, const F* right, row_factor<sum_of<F>> result,
                                      result_write write, const upcoming_rows<Stored>& upcoming = {}) {
  using T = sum_of<F>;
  constexpr std::int64_t size = packet<T>::size;
  const auto for_each_strip = [&](const auto& strip) {
    std::int64_t j = 0;
    if constexpr (register_tile<T>::packets >= 4)
      for (; j + 2 * size <= columns; j += 2 * size) strip(j, std::integral_constant<int, 2>{});
    for (; j < columns; j += size) strip(j, std::integral_constant<int, 1>{});
  };
  std::int64_t steps = 0;
  for_each_strip([&](std::int64_t /*first*/, auto packets) {
    constexpr std::int64_t at_a_time = tiles::strip_rows<T>(2 * packets);
    steps += (rows + at_a_time - 1) / at_a_time * (depth / 2);
  });
  row_delivery<delivered_to::nearest_cache> delivery(upcoming, steps);
  const tiles::left_runs<F, 2> pairs{left.data, left.row_step};
  for_each_strip([&](std::int64_t first, auto packets) {
    tiles::for_tiles_of_rows<tiles::strip_rows<T>(2 * packets)>(
        rows, [&](std::int64_t i, auto count) __attribute__((always_inline)) {
          tiles::paired_register_product<count, packets>(depth / 2, pairs.from_row(i),
                                                         row_factor<const F>{right, 2 * columns}.from_column(2 * first),
                                                         result.from_row(i).from_column(first), write, delivery);
        });
  });
}

}  // namespace headwise::cpu
