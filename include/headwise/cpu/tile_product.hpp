// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu {

// The kernels that all products of the CPU backend are made of. Everything above them is tiling. Products that no
// variant inlines are compiled once for all of them.

/// What products of a factor's elements are added up in.
template <typename F>
using sum_of = typename factor<F>::sum;

/// The shape of the register tile: three quarters of the registers hold sums, others a packet row of the right factor
/// and one broadcast.
template <typename T>
struct register_tile {
  static constexpr int sums = packet<T>::registers >= 32 ? 24 : 12;
  static constexpr int rows = 6;
  static constexpr int packets = sums / rows;
  static constexpr int columns = packets * packet<T>::size;
};

namespace tiles {

/// A packet of a right factor's elements, which may be numbers that are stored in another type.
template <typename F, typename Right>
EIGEN_ALWAYS_INLINE typename factor<F>::type load_elements(const Right* from) {
  if constexpr (std::is_same_v<F, Right> || factor<F>::depth > 1)
    return factor<F>::load(from);
  else
    return load_as<F>(from);
}

/// The first elements that a packet has room for, and zeros in the place of the others.
template <typename F, typename Stored>
EIGEN_ALWAYS_INLINE typename factor<F>::type load_first_elements(const Stored* from, std::int64_t count) {
  if constexpr (factor<F>::depth > 1)
    return factor<F>::load_first(reinterpret_cast<const typename factor<F>::number*>(from), count);
  else
    return load_first_as<F>(from, count);
}

/// A right factor's row: its first packets, one of its elements, and the way to the next one.
template <typename F, int Packets, typename Right>
EIGEN_ALWAYS_INLINE void load_row(row_factor<const Right> row, typename factor<F>::type* packets) {
  unroll<Packets>([&](int j) __attribute__((always_inline)) {
    packets[j] = load_elements<F>(row.data + j * packet<sum_of<F>>::size);
  });
}
template <typename F, int Packets>
EIGEN_ALWAYS_INLINE void load_row(row_pair_factor<bfloat16> row, typename factor<F>::type* packets) {
  constexpr std::int64_t size = packet<sum_of<F>>::size;
  const bfloat16* next = row.data + row.row_step;
  unroll<Packets / 2>([&](std::int64_t j) __attribute__((always_inline)) {
    factor<F>::load_pairs(row.data + 2 * j * size, next + 2 * j * size, packets[2 * j], packets[2 * j + 1]);
  });
  if constexpr (Packets % 2 != 0)
    packets[Packets - 1] = factor<F>::load_pairs(row.data + (Packets - 1) * size, next + (Packets - 1) * size);
}
template <typename F, typename Right>
F element_of_row(row_factor<const Right> row, std::int64_t column) {
  return static_cast<F>(row.data[column]);
}
template <typename F>
F element_of_row(row_pair_factor<bfloat16> row, std::int64_t column) {
  return {row.data[column], row.data[row.row_step + column]};
}
template <typename Right>
EIGEN_ALWAYS_INLINE void go_to_next_row(row_factor<const Right>& row) {
  row.data += row.row_step;
}
EIGEN_ALWAYS_INLINE void go_to_next_row(row_pair_factor<bfloat16>& row) { row.data += 2 * row.row_step; }

/// An element of a left factor's column in every place of a packet, and the way to the next column.
template <typename F>
EIGEN_ALWAYS_INLINE typename factor<F>::type broadcast_element(const left_factor<F>& column, std::int64_t row) {
  return factor<F>::broadcast(column.data + row * column.row_step);
}
template <typename F>
EIGEN_ALWAYS_INLINE void go_to_next_column(left_factor<F>& left) {
  left.data += left.depth_step;
}

/// sums += left * right for one register tile. One accumulator per element runs over the whole depth in order, so a
/// result does not depend on how rows and columns are cut into tiles. Every step along the depth is one of `delivery`.
template <int Rows, int Packets, typename F, typename Left, typename Right, typename Delivery>
EIGEN_ALWAYS_INLINE void add_products(std::int64_t depth, Left left, Right right,
                                      typename packet<sum_of<F>>::type (&sums)[std::size_t{Rows}][std::size_t{Packets}],
                                      Delivery& delivery) {
  using f = factor<F>;
  Delivery meanwhile = delivery;
  for (std::int64_t k = 0; k < depth; ++k) {
    typename f::type columns[std::size_t{Packets}];
    load_row<F, Packets>(right, columns);
    unroll<Packets>([&](int j) __attribute__((always_inline)) { hold(columns[j]); });
    unroll<Rows>([&](int i) __attribute__((always_inline)) {
      typename f::type value = broadcast_element(left, i);
      hold(value);
      unroll<Packets>([&](int j) __attribute__((always_inline)) {
        sums[i][j] = f::multiply_add(value, columns[j], sums[i][j]);
      });
    });
    meanwhile.step();
    go_to_next_column(left);
    go_to_next_row(right);
  }
  delivery = meanwhile;
}

/// result (=|+=) left * right for one register tile.
template <int Rows, int Packets, typename F, typename Right, typename Delivery>
EIGEN_ALWAYS_INLINE void register_product(std::int64_t depth, left_factor<F> left, Right right,
                                          row_factor<sum_of<F>> result, result_write write, Delivery& delivery) {
  using p = packet<sum_of<F>>;
  typename p::type sums[std::size_t{Rows}][std::size_t{Packets}];
  const bool adds = write == result_write::add;
  unroll<Rows>([&](int i) __attribute__((always_inline)) {
    unroll<Packets>([&](int j) __attribute__((always_inline)) {
      sums[i][j] = adds ? p::load(result.data + i * result.row_step + j * p::size) : p::zero();
    });
  });
  add_products<Rows, Packets, F>(depth, left, right, sums, delivery);
  unroll<Rows>([&](int i) __attribute__((always_inline)) {
    unroll<Packets>([&](int j) __attribute__((always_inline)) {
      p::store(result.data + i * result.row_step + j * p::size, sums[i][j]);
    });
  });
}

/// The same for the last columns, fewer than a packet.
template <typename F, typename Right>
void scalar_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<F> left, Right right,
                    row_factor<sum_of<F>> result, result_write write) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      sum_of<F> sum = write == result_write::add ? result.from_row(i).data[j] : sum_of<F>(0);
      Right row = right;
      for (std::int64_t k = 0; k < depth; ++k) {
        sum = factor<F>::multiply_add_one(left.from_row(i).from_depth(k).data[0], element_of_row<F>(row, j), sum);
        go_to_next_row(row);
      }
      result.from_row(i).data[j] = sum;
    }
}

/// Rows that are taken at a time over a strip of so many packets: the fewer packets, the more rows.
template <typename T>
constexpr int strip_rows(int packets) {
  return std::min(register_tile<T>::sums / packets, 2 * register_tile<T>::rows);
}

/// Calls tile(first row, rows) for all rows, up to `Most` at a time, `rows` a compile-time number.
template <int Most, typename Tile>
EIGEN_ALWAYS_INLINE void for_tiles_of_rows(std::int64_t rows, const Tile& tile) {
  std::int64_t i = 0;
  const auto take = [&](auto count) __attribute__((always_inline)) {
    tile(i, count);
    return std::int64_t{count};
  };
  // Two rows alone would wait for their sums: 8 rows are better taken as 4 and 4 than as 6 and 2.
  const auto takes_most = [](std::int64_t count) { return count >= Most && (count < Most + 2 || count > Most + 3); };
  while (takes_most(rows - i)) i += take(std::integral_constant<int, Most>{});
  if constexpr (Most > 8) {
    if (i + 8 <= rows) i += take(std::integral_constant<int, 8>{});
  }
  while (i + 4 <= rows) i += take(std::integral_constant<int, 4>{});
  if (i + 2 <= rows) i += take(std::integral_constant<int, 2>{});
  if (i < rows) take(std::integral_constant<int, 1>{});
}

/// All rows over one strip of `Packets` packets.
template <int Packets, typename F, typename Delivery>
void strip_product(std::int64_t rows, std::int64_t depth, left_factor<F> left, row_factor<const F> right,
                   row_factor<sum_of<F>> result, result_write write, Delivery& delivery) {
  for_tiles_of_rows<strip_rows<sum_of<F>>(Packets)>(
      rows, [&](std::int64_t i, auto count) __attribute__((always_inline)) {
        register_product<count, Packets>(depth, left.from_row(i), right, result.from_row(i), write, delivery);
      });
}

/// How many of `left` packets a strip takes: as many as a register tile has, but no strip of one where two of about the
/// same width do as well.
template <typename T>
constexpr std::int64_t strip_packets(std::int64_t left) {
  constexpr std::int64_t most = register_tile<T>::packets;
  return left > most && left < 2 * most - 1 ? (left + 1) / 2 : std::min(left, most);
}

/// Calls strip(first column, packets) for the whole packets of `columns`, `packets` a compile-time number, and returns
/// the first column that is left.
template <typename T, typename Strip>
std::int64_t for_each_strip(std::int64_t columns, const Strip& strip) {
  constexpr std::int64_t size = packet<T>::size;
  constexpr int most = register_tile<T>::packets;
  constexpr std::int64_t wide = most * size;
  std::int64_t j = 0;
  for (; columns - j == wide || columns - j >= 2 * wide; j += wide) strip(j, std::integral_constant<int, most>{});
  while (j + size <= columns) {
    const std::int64_t packets = strip_packets<T>((columns - j) / size);
    unroll<most>([&](auto p) {
      constexpr int count = p + 1;
      if (packets == count) strip(j, std::integral_constant<int, count>{});
    });
    j += packets * size;
  }
  return j;
}

template <typename F, typename Delivery>
void product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<F> left,
             row_factor<const F> right, row_factor<sum_of<F>> result, result_write write, Delivery& delivery) {
  const std::int64_t j = for_each_strip<sum_of<F>>(columns, [&](std::int64_t first, auto packets) {
    strip_product<packets>(rows, depth, left, right.from_column(first), result.from_column(first), write, delivery);
  });
  scalar_product(rows, columns - j, depth, left, right.from_column(j), result.from_column(j), write);
}

}  // namespace tiles

/// result (=|+=) left * right, with `rows` x `depth` times `depth` x `columns` elements. Upcoming rows are asked for
/// meanwhile, to come where `To` says.
template <delivered_to To = delivered_to::second_cache, typename F, typename... Stored>
void product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<F> left,
             row_factor<const F> right, row_factor<sum_of<F>> result, result_write write,
             const upcoming_rows<Stored>&... upcoming) {
  using T = sum_of<F>;
  std::int64_t steps = 0;
  if constexpr (sizeof...(Stored) > 0)
    tiles::for_each_strip<T>(columns, [&](std::int64_t /*first*/, auto packets) {
      constexpr std::int64_t at_a_time = tiles::strip_rows<T>(packets);
      steps += (rows + at_a_time - 1) / at_a_time * depth;
    });
  // One at least, if of nothing: a product without any would be compiled besides.
  row_deliveries<std::max<int>(1, sizeof...(Stored)), To> deliveries{{row_delivery<To>(upcoming, steps)...}};
  tiles::product(rows, columns, depth, left, right, result, write, deliveries);
}

/// `product` of as many columns as a register tile has. A whole tile of them spares a call.
template <typename F>
EIGEN_ALWAYS_INLINE void panel_product(std::int64_t rows, std::int64_t depth, left_factor<F> left,
                                       row_factor<const F> right, row_factor<sum_of<F>> result, result_write write) {
  using tile = register_tile<sum_of<F>>;
  row_deliveries<1> nothing{};
  if (rows == tile::rows)
    tiles::register_product<tile::rows, tile::packets>(depth, left, right, result, write, nothing);
  else
    tiles::strip_product<tile::packets>(rows, depth, left, right, result, write, nothing);
}

}  // namespace headwise::cpu
