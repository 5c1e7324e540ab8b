// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

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

/// Part of the depth of a product.
struct depth_range {
  std::int64_t begin;
  std::int64_t end;
};

/// A right factor from one of its rows on.
template <typename Right>
EIGEN_ALWAYS_INLINE row_factor<const Right> from_depth(const row_factor<const Right>& right, std::int64_t k) {
  return {right.data + k * right.row_step, right.row_step};
}
template <typename T>
EIGEN_ALWAYS_INLINE row_pair_factor<T> from_depth(const row_pair_factor<T>& right, std::int64_t k) {
  return {right.data + 2 * k * right.row_step, right.row_step};
}

/// result += left * right for a few rows from one on and part of the depth; delivery_of(some, row, column) is what is
/// asked for while columns from one on are computed. Factors are taken by reference: passed in memory, they would be
/// written in other pieces than they are read in, and be waited for.
template <int Rows, typename F, typename Right, typename DeliveryOf>
EIGEN_DONT_INLINE void add_wide_rows(std::int64_t row, std::int64_t columns, depth_range some,
                                     const left_factor<F>& all_left, const Right& all_right,
                                     const row_factor<sum_of<F>>& all_results, const DeliveryOf& delivery_of) {
  constexpr std::int64_t size = packet<sum_of<F>>::size;
  const std::int64_t depth = some.end - some.begin;
  const left_factor<F> left{all_left.data + row * all_left.row_step + some.begin * all_left.depth_step,
                            all_left.row_step, all_left.depth_step};
  const Right right = from_depth(all_right, some.begin);
  const row_factor<sum_of<F>> result{all_results.data + row * all_results.row_step, all_results.row_step};
  const auto add_columns = [&](std::int64_t j, auto packets) __attribute__((always_inline)) {
    auto&& delivery = delivery_of(some, row, j);
    register_product<Rows, packets>(depth, left, Right{right.data + j, right.row_step},
                                    row_factor<sum_of<F>>{result.data + j, result.row_step}, result_write::add,
                                    delivery);
  };
  constexpr int packets = wide_packets<Rows, sum_of<F>>;
  std::int64_t j = 0;
  for (; j + packets * size <= columns; j += packets * size) add_columns(j, std::integral_constant<int, packets>{});
  for (; j + size <= columns; j += size) add_columns(j, std::integral_constant<int, 1>{});
  if (j < columns)
    scalar_product(Rows, columns - j, depth, left, right.from_column(j), result.from_column(j), result_write::add);
}

/// Calls visit(part) for parts of a depth, so much of it at a time.
template <typename Visit>
EIGEN_ALWAYS_INLINE void for_each_part(std::int64_t depth, std::int64_t at_a_time, const Visit& visit) {
  for (std::int64_t k = 0; k < depth; k += at_a_time) visit(depth_range{k, std::min(k + at_a_time, depth)});
}

}  // namespace tiles

/// result += left * right, as `product` does it, for a few rows of which each is used but for a moment. The right
/// factor may be stored in another type, and its rows may be paired on the way. Upcoming rows are asked for meanwhile.
template <typename F, typename Right, typename Stored = F>
EIGEN_DONT_INLINE void add_few_rows(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                    const left_factor<F>& left, const Right& right, const row_factor<sum_of<F>>& result,
                                    const upcoming_rows<Stored>& upcoming = {}) {
  using T = sum_of<F>;
  const std::int64_t packets = columns / packet<T>::size;
  if (rows <= tiles::most_rows_in_order<F>) {
    const auto row_by_row = [&](tiles::depth_range some, std::int64_t row, std::int64_t column)
        __attribute__((always_inline)) {
      constexpr int depth_of_element = factor<F>::depth;
      return rows_in_turn<Stored, depth_of_element>{row == 0 && column == 0 ? &upcoming : nullptr,
                                                    some.begin * depth_of_element};
    };
    const auto add = [&](auto most) __attribute__((always_inline)) {
      const bool at_once = rows <= most && packets <= tiles::wide_packets<most, T>;
      tiles::for_each_part(depth, at_once ? depth : tiles::rows_read_again, [&](tiles::depth_range some) {
        tiles::for_few_rows<most>(
            rows, [&](std::int64_t row, auto count) __attribute__((always_inline)) {
              tiles::add_wide_rows<count>(row, columns, some, left, right, result, row_by_row);
            });
      });
    };
    // Whole rows of the right factor at a time, or as much of them as there is room for. Where pairs have to be put
    // together, they had better serve four rows, if half as wide.
    const bool serves_four = factor<F>::depth > 1 && rows >= 4;
    if (packets > tiles::wide_packets<4, T> && !serves_four)
      add(std::integral_constant<int, 2>{});
    else
      add(std::integral_constant<int, 4>{});
    return;
  }
  std::int64_t steps = 0;
  tiles::for_few_rows<tiles::most_wide_rows<T>>(rows, [&](std::int64_t /*first*/, auto count) {
    constexpr std::int64_t wide = tiles::wide_packets<count, T>;
    steps += (packets / wide + packets % wide) * depth;
  });
  row_delivery<> delivery(upcoming, steps);
  const auto evenly = [&](tiles::depth_range /*some*/, std::int64_t /*row*/, std::int64_t /*column*/)
                          __attribute__((always_inline))
                              ->row_delivery<>& {
    return delivery;
  };
  // As much as the nearest cache holds beside other things.
  const std::int64_t at_a_time =
      std::max<std::int64_t>((24 << 10) / (columns * static_cast<std::int64_t>(sizeof(F))), 1);
  tiles::for_each_part(depth, at_a_time, [&](tiles::depth_range some) {
    tiles::for_few_rows<tiles::most_wide_rows<T>>(rows, [&](std::int64_t row, auto count) {
      tiles::add_wide_rows<count>(row, columns, some, left, right, result, evenly);
    });
  });
}

}  // namespace headwise::cpu
