// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/stored_numbers.hpp"

namespace headwise::cpu {

// The kernels that all products of the CPU backend are made of. Everything above them is tiling.

/// What products of a factor's elements are added up in.
template <typename F>
using sum_of = typename factor<F>::sum;

namespace tiles {

/// The address `count` numbers further on. Factors of nothing may have no memory, and null stays null.
template <typename T>
T* further_on(T* data, std::int64_t count) {
  return data == nullptr ? nullptr : data + count;
}

}  // namespace tiles

/// A right factor or a result, read by packets: rows `row_step` apart, contiguous columns.
template <typename T>
struct row_factor {
  T* data;
  std::int64_t row_step;

  row_factor from_row(std::int64_t k) const { return {tiles::further_on(data, k * row_step), row_step}; }
  row_factor from_column(std::int64_t j) const { return {tiles::further_on(data, j), row_step}; }
};

/// A left factor, read one element at a time: element (i, k) stands at data[i * row_step + k * depth_step].
template <typename T>
struct left_factor {
  const T* data;
  std::int64_t row_step;
  std::int64_t depth_step;

  static left_factor rows(row_factor<const T> rows) { return {rows.data, rows.row_step, 1}; }
  /// The transpose of rows: element (i, k) stands in row k, column i.
  static left_factor columns(row_factor<const T> rows) { return {rows.data, 1, rows.row_step}; }

  left_factor from_row(std::int64_t i) const { return {tiles::further_on(data, i * row_step), row_step, depth_step}; }
  left_factor from_depth(std::int64_t k) const {
    return {tiles::further_on(data, k * depth_step), row_step, depth_step};
  }
};

/// The shape of the register tile: three quarters of the registers hold sums, others a packet row of the right factor
/// and one broadcast.
template <typename T>
struct register_tile {
  static constexpr int sums = packet<T>::registers >= 32 ? 24 : 12;
  static constexpr int rows = 6;
  static constexpr int packets = sums / rows;
  static constexpr int columns = packets * packet<T>::size;
};

/// Whether a product replaces what stands at its place or is added to it.
enum class product_write { overwrite, add };

namespace tiles {

/// A packet of a right factor's elements, which may be numbers that are stored in another type.
template <typename F, typename Right>
EIGEN_ALWAYS_INLINE typename factor<F>::type load_elements(const Right* from) {
  if constexpr (std::is_same_v<F, Right>)
    return factor<F>::load(from);
  else
    return load_as<F>(from);
}

/// result (=|+=) left * right for one register tile. One accumulator per element runs over the whole depth in order, so
/// a result does not depend on how rows and columns are cut into tiles.
template <int Rows, int Packets, product_write Write, typename F, typename Right>
EIGEN_ALWAYS_INLINE void register_product(std::int64_t depth, left_factor<F> left, row_factor<const Right> right,
                                          row_factor<sum_of<F>> result) {
  using p = packet<sum_of<F>>;
  using f = factor<F>;
  typename p::type sums[std::size_t{Rows}][std::size_t{Packets}];
  unroll<Rows>([&](auto i) __attribute__((always_inline)) {
    unroll<Packets>([&](auto j) __attribute__((always_inline)) {
      sums[i][j] = Write == product_write::add ? p::load(result.data + i * result.row_step + j * p::size) : p::zero();
    });
  });
  const F* left_column = left.data;
  const Right* right_row = right.data;
  for (std::int64_t k = 0; k < depth; ++k) {
    typename f::type columns[std::size_t{Packets}];
    unroll<Packets>([&](auto j)
                        __attribute__((always_inline)) { columns[j] = load_elements<F>(right_row + j * p::size); });
    unroll<Rows>([&](auto i) __attribute__((always_inline)) {
      const typename f::type value = f::broadcast(left_column + i * left.row_step);
      unroll<Packets>([&](auto j) __attribute__((always_inline)) {
        sums[i][j] = f::multiply_add(value, columns[j], sums[i][j]);
      });
    });
    left_column += left.depth_step;
    right_row += right.row_step;
  }
  unroll<Rows>([&](auto i) __attribute__((always_inline)) {
    unroll<Packets>([&](auto j) __attribute__((always_inline)) {
      p::store(result.data + i * result.row_step + j * p::size, sums[i][j]);
    });
  });
}

/// The same for the last columns, fewer than a packet.
template <product_write Write, typename F, typename Right>
void scalar_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<F> left,
                    row_factor<const Right> right, row_factor<sum_of<F>> result) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      sum_of<F> sum = Write == product_write::add ? result.from_row(i).data[j] : sum_of<F>(0);
      for (std::int64_t k = 0; k < depth; ++k)
        sum = factor<F>::multiply_add_one(left.from_row(i).from_depth(k).data[0],
                                          static_cast<F>(right.from_row(k).data[j]), sum);
      result.from_row(i).data[j] = sum;
    }
}

/// All rows over one strip of `Packets` packets: the fewer packets, the more rows at a time.
template <int Packets, product_write Write, typename F>
void strip_product(std::int64_t rows, std::int64_t depth, left_factor<F> left, row_factor<const F> right,
                   row_factor<sum_of<F>> result) {
  using T = sum_of<F>;
  constexpr int most_rows = std::min(register_tile<T>::sums / Packets, 2 * register_tile<T>::rows);
  std::int64_t i = 0;
  const auto take = [&]<int Rows>() __attribute__((always_inline)) {
    register_product<Rows, Packets, Write>(depth, left.from_row(i), right, result.from_row(i));
    return Rows;
  };
  // Two rows alone would wait for their sums: 8 rows are better taken as 4 and 4 than as 6 and 2.
  const auto takes_most = [](std::int64_t count) {
    return count >= most_rows && (count < most_rows + 2 || count > most_rows + 3);
  };
  while (takes_most(rows - i)) i += take.template operator()<most_rows>();
  if constexpr (most_rows > 8) {
    if (i + 8 <= rows) i += take.template operator()<8>();
  }
  while (i + 4 <= rows) i += take.template operator()<4>();
  if (i + 2 <= rows) i += take.template operator()<2>();
  if (i < rows) take.template operator()<1>();
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

}  // namespace tiles

/// result (=|+=) left * right, with `rows` x `depth` times `depth` x `columns` elements.
template <product_write Write, typename F>
void product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<F> left,
             row_factor<const F> right, row_factor<sum_of<F>> result) {
  const std::int64_t j = tiles::for_each_strip<sum_of<F>>(columns, [&](std::int64_t first, auto packets) {
    tiles::strip_product<packets, Write>(rows, depth, left, right.from_column(first), result.from_column(first));
  });
  tiles::scalar_product<Write>(rows, columns - j, depth, left, right.from_column(j), result.from_column(j));
}

/// `product` of as many columns as a register tile has. A whole tile of them spares a call.
template <product_write Write, typename F>
EIGEN_ALWAYS_INLINE void panel_product(std::int64_t rows, std::int64_t depth, left_factor<F> left,
                                       row_factor<const F> right, row_factor<sum_of<F>> result) {
  using tile = register_tile<sum_of<F>>;
  if (rows == tile::rows)
    tiles::register_product<tile::rows, tile::packets, Write>(depth, left, right, result);
  else
    tiles::strip_product<tile::packets, Write>(rows, depth, left, right, result);
}

namespace tiles {

/// result += left * right for a few rows, with sums of as many columns at a time as make up for their number.
template <int Rows, typename T, typename Right>
void wide_product(std::int64_t columns, std::int64_t depth, left_factor<T> left, row_factor<const Right> right,
                  row_factor<T> result) {
  constexpr std::int64_t size = packet<T>::size;
  // Dimensions of heads are more often powers of two than multiples of three.
  constexpr int packets = static_cast<int>(std::bit_floor(std::min(8U, unsigned{register_tile<T>::sums} / Rows)));
  constexpr std::int64_t wide = packets * size;
  std::int64_t j = 0;
  for (; j + wide <= columns; j += wide)
    register_product<Rows, packets, product_write::add>(depth, left, right.from_column(j), result.from_column(j));
  for (; j + size <= columns; j += size)
    register_product<Rows, 1, product_write::add>(depth, left, right.from_column(j), result.from_column(j));
  scalar_product<product_write::add>(Rows, columns - j, depth, left, right.from_column(j), result.from_column(j));
}

}  // namespace tiles

/// Has memory deliver the row that comes some rows after this one. Where a row is used for several others, computing
/// takes long enough for the machine's own guesses to fall behind.
template <typename T>
void fetch_ahead(row_factor<const T> row, std::int64_t width, std::int64_t rows_ahead = 8) {
  constexpr std::int64_t line = 64;
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  // Not a pointer: the row may stand behind the last one.
  const auto address = reinterpret_cast<std::intptr_t>(row.data) + rows_ahead * row.row_step * size;
  for (std::int64_t byte = 0; byte < width * size; byte += line)
    __builtin_prefetch(reinterpret_cast<const void*>(address + byte));  // NOLINT(performance-no-int-to-ptr)
}

/// result += left * right, as `product` does it, for a few rows of which each is used but for a moment. The right
/// factor may be stored in another type.
template <typename T, typename Right>
void add_few_rows(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<T> left,
                  row_factor<const Right> right, row_factor<T> result) {
  if (rows >= 4)
    for (std::int64_t k = 0; k < depth; ++k) fetch_ahead(right.from_row(k), columns);
  std::int64_t i = 0;
  for (; i + 4 <= rows; i += 4) tiles::wide_product<4>(columns, depth, left.from_row(i), right, result.from_row(i));
  for (; i + 2 <= rows; i += 2) tiles::wide_product<2>(columns, depth, left.from_row(i), right, result.from_row(i));
  for (; i < rows; ++i) tiles::wide_product<1>(columns, depth, left.from_row(i), right, result.from_row(i));
}

}  // namespace headwise::cpu
