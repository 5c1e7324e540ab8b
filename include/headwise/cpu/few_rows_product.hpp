// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/few_rows.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu {

namespace tiles {

/// Packets of columns that few rows take at a time: as many as make up for their number. Dimensions of heads are more
/// often powers of two than multiples of three.
template <int Rows, typename T>
inline constexpr int wide_packets = static_cast<int>(std::bit_floor(std::min(8U,
                                                                             unsigned{register_tile<T>::sums} / Rows)));

/// Rows that are taken at a time, at most: what a right factor's row costs is spread over twice as many where that
/// leaves two packets beside each other.
template <typename T>
inline constexpr int most_wide_rows = wide_packets<8, T> >= 2 ? 8 : 4;

/// So few rows wait for memory more than for each other, and read the right factor's rows in order.
inline constexpr int most_rows_in_order = 4;

/// Calls visit(first row, rows) for all of few rows with so many packets of columns.
template <typename T, typename Visit>
EIGEN_ALWAYS_INLINE void for_wide_rows(std::int64_t rows, std::int64_t packets, const Visit& visit) {
  if (rows <= most_rows_in_order && packets > wide_packets<most_rows_in_order, T>)
    for_few_rows<2>(rows, visit);
  else
    for_few_rows<most_wide_rows<T>>(rows, visit);
}

/// result += left * right for a few rows.
template <int Rows, typename F, typename Right>
void wide_product(std::int64_t columns, std::int64_t depth, left_factor<F> left, Right right,
                  row_factor<sum_of<F>> result, row_delivery<>& delivery) {
  constexpr std::int64_t size = packet<sum_of<F>>::size;
  constexpr int packets = wide_packets<Rows, sum_of<F>>;
  std::int64_t j = 0;
  for (; j + packets * size <= columns; j += packets * size)
    register_product<Rows, packets>(depth, left, right.from_column(j), result.from_column(j), result_write::add,
                                    delivery);
  for (; j + size <= columns; j += size)
    register_product<Rows, 1>(depth, left, right.from_column(j), result.from_column(j), result_write::add, delivery);
  scalar_product(Rows, columns - j, depth, left, right.from_column(j), result.from_column(j), result_write::add);
}

}  // namespace tiles

/// result += left * right, as `product` does it, for a few rows of which each is used but for a moment. The right
/// factor may be stored in another type, and its rows may be paired on the way. Upcoming rows are asked for meanwhile.
template <typename F, typename Right, typename Stored = F>
EIGEN_DONT_INLINE void add_few_rows(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<F> left,
                                    Right right, row_factor<sum_of<F>> result,
                                    const upcoming_rows<Stored>& upcoming = {}) {
  using T = sum_of<F>;
  const std::int64_t packets = columns / packet<T>::size;
  std::int64_t steps = 0;
  tiles::for_wide_rows<T>(rows, packets, [&](std::int64_t /*first*/, auto count) {
    constexpr std::int64_t wide = tiles::wide_packets<count, T>;
    steps += (packets / wide + packets % wide) * depth;
  });
  row_delivery<> delivery(upcoming, steps);
  tiles::for_wide_rows<T>(rows, packets, [&](std::int64_t first, auto count) {
    tiles::wide_product<count>(columns, depth, left.from_row(first), right, result.from_row(first), delivery);
  });
}

}  // namespace headwise::cpu
