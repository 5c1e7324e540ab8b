// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

// The kernels that all products of the CPU backend are made of. Everything above them is tiling.

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

/// A left factor, read one number at a time: element (i, k) stands at data[i * row_step + k * depth_step].
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

/// The shape of the register tile: as many accumulators as there are registers, less one packet row of the right factor
/// and one broadcast.
template <typename T>
struct register_tile {
  static constexpr int rows = 6;
  static constexpr int packets = packet<T>::registers >= 32 ? 4 : 2;
  static constexpr int columns = packets * packet<T>::size;
};

/// Whether a product replaces what stands at its place or is added to it.
enum class product_write { overwrite, add };

namespace tiles {

/// result (=|+=) left * right for one register tile. One accumulator per element runs over the whole depth in order, so
/// a result does not depend on how rows and columns are cut into tiles.
template <int Rows, int Packets, product_write Write, typename T>
void register_product(std::int64_t depth, left_factor<T> left, row_factor<const T> right, row_factor<T> result) {
  using p = packet<T>;
  typename p::type sums[std::size_t{Rows}][std::size_t{Packets}];
  unroll<Rows>([&](auto i) {
    unroll<Packets>([&](auto j) {
      sums[i][j] = Write == product_write::add ? p::load(result.data + i * result.row_step + j * p::size) : p::zero();
    });
  });
  const T* left_column = left.data;
  const T* right_row = right.data;
  for (std::int64_t k = 0; k < depth; ++k) {
    typename p::type columns[std::size_t{Packets}];
    unroll<Packets>([&](auto j) { columns[j] = p::load(right_row + j * p::size); });
    unroll<Rows>([&](auto i) {
      const typename p::type value = p::broadcast(left_column[i * left.row_step]);
      unroll<Packets>([&](auto j) { sums[i][j] = p::multiply_add(value, columns[j], sums[i][j]); });
    });
    left_column += left.depth_step;
    right_row += right.row_step;
  }
  unroll<Rows>([&](auto i) {
    unroll<Packets>([&](auto j) { p::store(result.data + i * result.row_step + j * p::size, sums[i][j]); });
  });
}

/// The same for the last columns, fewer than a packet.
template <product_write Write, typename T>
void scalar_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<T> left,
                    row_factor<const T> right, row_factor<T> result) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      T sum = Write == product_write::add ? result.from_row(i).data[j] : T(0);
      for (std::int64_t k = 0; k < depth; ++k)
        sum += left.from_row(i).from_depth(k).data[0] * right.from_row(k).data[j];
      result.from_row(i).data[j] = sum;
    }
}

/// All rows over one strip of `Packets` packets.
template <int Packets, product_write Write, typename T>
void strip_product(std::int64_t rows, std::int64_t depth, left_factor<T> left, row_factor<const T> right,
                   row_factor<T> result) {
  constexpr int group = register_tile<T>::rows;
  std::int64_t i = 0;
  for (; i + group <= rows; i += group)
    register_product<group, Packets, Write>(depth, left.from_row(i), right, result.from_row(i));
  const auto rest = [&]<int Rows>() {
    register_product<Rows, Packets, Write>(depth, left.from_row(i), right, result.from_row(i));
  };
  switch (rows - i) {
    case 1:
      return rest.template operator()<1>();
    case 2:
      return rest.template operator()<2>();
    case 3:
      return rest.template operator()<3>();
    case 4:
      return rest.template operator()<4>();
    case 5:
      return rest.template operator()<5>();
    default:
      return;
  }
}

}  // namespace tiles

/// result (=|+=) left * right, with `rows` x `depth` times `depth` x `columns` numbers.
template <product_write Write, typename T>
void product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<T> left,
             row_factor<const T> right, row_factor<T> result) {
  constexpr std::int64_t size = packet<T>::size;
  constexpr int packets = register_tile<T>::packets;
  std::int64_t j = 0;
  for (; j + packets * size <= columns; j += packets * size)
    tiles::strip_product<packets, Write>(rows, depth, left, right.from_column(j), result.from_column(j));
  for (; j + size <= columns; j += size)
    tiles::strip_product<1, Write>(rows, depth, left, right.from_column(j), result.from_column(j));
  tiles::scalar_product<Write>(rows, columns - j, depth, left, right.from_column(j), result.from_column(j));
}

namespace tiles {

/// How often a dot product goes on, and how far its factors move each time.
struct repetition {
  std::int64_t count = 1;
  std::int64_t a_step = 0;
  std::int64_t b_step = 0;
};

template <int Rows, int Columns, typename T>
void register_dots(std::int64_t depth, row_factor<const T> a, row_factor<const T> b, row_factor<T> result,
                   const repetition& repeat) {
  using p = packet<T>;
  typename p::type sums[std::size_t{Rows}][std::size_t{Columns}];
  T rest[std::size_t{Rows}][std::size_t{Columns}] = {};
  unroll<Rows>([&](auto i) { unroll<Columns>([&](auto j) { sums[i][j] = p::zero(); }); });
  for (std::int64_t n = 0; n < repeat.count; ++n) {
    const T* a_data = a.data + n * repeat.a_step;
    const T* b_data = b.data + n * repeat.b_step;
    std::int64_t k = 0;
    for (; k + p::size <= depth; k += p::size) {
      typename p::type left[std::size_t{Rows}];
      unroll<Rows>([&](auto i) { left[i] = p::load(a_data + i * a.row_step + k); });
      unroll<Columns>([&](auto j) {
        const typename p::type right = p::load(b_data + j * b.row_step + k);
        unroll<Rows>([&](auto i) { sums[i][j] = p::multiply_add(left[i], right, sums[i][j]); });
      });
    }
    for (; k < depth; ++k)
      unroll<Rows>([&](auto i) {
        unroll<Columns>([&](auto j) { rest[i][j] += a_data[i * a.row_step + k] * b_data[j * b.row_step + k]; });
      });
  }
  unroll<Rows>([&](auto i) {
    unroll<Columns>([&](auto j) { result.data[i * result.row_step + j] = p::sum(sums[i][j]) + rest[i][j]; });
  });
}

/// All rows of `a` with `Columns` rows of `b`.
template <int Columns, typename T>
void strip_dots(std::int64_t rows, std::int64_t depth, row_factor<const T> a, row_factor<const T> b,
                row_factor<T> result, const repetition& repeat) {
  constexpr int group = 4;
  const std::int64_t grouped = rows / group * group;
  for (std::int64_t i = 0; i < grouped; i += group)
    register_dots<group, Columns>(depth, a.from_row(i), b, result.from_row(i), repeat);
  for (std::int64_t i = grouped; i < rows; ++i)
    register_dots<1, Columns>(depth, a.from_row(i), b, result.from_row(i), repeat);
}

}  // namespace tiles

/// result[i][j] = sum over n of <a_i + n a_step, b_j + n b_step>: both factors are read along their contiguous depth,
/// which suits few rows and spares the transposition of `b`.
template <typename T>
void dot_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, row_factor<const T> a,
                 row_factor<const T> b, row_factor<T> result, const tiles::repetition& repeat = {}) {
  constexpr int group = 4;
  const std::int64_t grouped = columns / group * group;
  for (std::int64_t j = 0; j < grouped; j += group)
    tiles::strip_dots<group>(rows, depth, a, b.from_row(j), result.from_column(j), repeat);
  for (std::int64_t j = grouped; j < columns; ++j)
    tiles::strip_dots<1>(rows, depth, a, b.from_row(j), result.from_column(j), repeat);
}

/// <a, b> of two vectors.
template <typename T>
T dot(const T* a, const T* b, std::int64_t depth) {
  T result = 0;
  tiles::register_dots<1, 1>(depth, row_factor<const T>{a, 0}, row_factor<const T>{b, 0}, row_factor<T>{&result, 0},
                             {});
  return result;
}

}  // namespace headwise::cpu
