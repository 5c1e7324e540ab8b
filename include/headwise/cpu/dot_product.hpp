// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu {

namespace tiles {

/// How often a dot product goes on, and how far its factors move each time.
struct repetition {
  std::int64_t count = 1;
  std::int64_t a_step = 0;
  std::int64_t b_step = 0;
};

/// The dot products that are taken at a time: enough to keep the multipliers busy, and whole packets of them, which are
/// summed up together.
template <typename T>
inline constexpr int dots_at_a_time = std::max(8, packet<T>::size);

/// `Rows` rows of `a` with as many rows of `b` as are taken at a time, of which the first `present` are there. `Whole`
/// says that the depth is whole packets. Rows of `b` are read one after the other, as they lie in memory.
template <int Rows, bool Whole, typename T, typename B>
void register_dots(std::int64_t present, std::int64_t depth, row_factor<const T> a, row_factor<const B> b,
                   row_factor<T> result, const repetition& repeat) {
  using p = packet<T>;
  constexpr int columns = dots_at_a_time<T> / Rows;
  typename p::type sums[std::size_t{Rows} * columns];
  const std::int64_t whole = depth / p::size * p::size;
  for (int j = 0; j < columns; ++j) {
    // The last row that is there stands for those that are not.
    const B* b_row = b.from_row(std::min<std::int64_t>(j, present - 1)).data;
    if (Rows >= 4 && repeat.count == 1) fetch_ahead(b.from_row(j), depth);
    typename p::type row_sums[std::size_t{Rows}];
    unroll<Rows>([&](auto i) __attribute__((always_inline)) { row_sums[i] = p::zero(); });
    for (std::int64_t n = 0; n < repeat.count; ++n) {
      const T* a_data = a.data + n * repeat.a_step;
      const B* b_data = b_row + n * repeat.b_step;
      const auto add_products = [&](const typename p::type& right, const auto& left) __attribute__((always_inline)) {
        unroll<Rows>([&](auto i) __attribute__((always_inline)) {
          row_sums[i] = p::multiply_add(left(a_data + i * a.row_step), right, row_sums[i]);
        });
      };
      for (std::int64_t k = 0; k < whole; k += p::size)
        add_products(
            load_as<T>(b_data + k), [&](const T* row) __attribute__((always_inline)) { return p::load(row + k); });
      if constexpr (!Whole)
        add_products(
            load_first_as<T>(b_data + whole, depth - whole), [&](const T* row) __attribute__((always_inline)) {
              return p::load_first(row + whole, depth - whole);
            });
    }
    unroll<Rows>([&](auto i) __attribute__((always_inline)) { sums[i * columns + j] = row_sums[i]; });
  }
  T dots[std::size_t{Rows} * columns];
  for (int i = 0; i < Rows * columns; i += p::size) p::store(dots + i, p::sums(sums + i));
  const auto write = [&](auto count) {
    for (int i = 0; i < Rows; ++i)
      for (int j = 0; j < count; ++j) result.data[i * result.row_step + j] = dots[i * columns + j];
  };
  // Copies of a number of bytes that is known take an instruction, and no call.
  if (present == columns)
    write(std::integral_constant<int, columns>{});
  else
    write(static_cast<int>(present));
}

/// `Rows` rows of `a` with all rows of `b`.
template <int Rows, bool Whole, typename T, typename B>
void strip_dots(std::int64_t columns, std::int64_t depth, row_factor<const T> a, row_factor<const B> b,
                row_factor<T> result, const repetition& repeat) {
  constexpr std::int64_t group = dots_at_a_time<T> / Rows;
  for (std::int64_t j = 0; j < columns; j += group)
    register_dots<Rows, Whole>(std::min(group, columns - j), depth, a, b.from_row(j), result.from_column(j), repeat);
}

template <bool Whole, typename T, typename B>
void all_dots(std::int64_t rows, std::int64_t columns, std::int64_t depth, row_factor<const T> a, row_factor<const B> b,
              row_factor<T> result, const repetition& repeat) {
  std::int64_t i = 0;
  for (; i + 4 <= rows; i += 4) strip_dots<4, Whole>(columns, depth, a.from_row(i), b, result.from_row(i), repeat);
  for (; i + 2 <= rows; i += 2) strip_dots<2, Whole>(columns, depth, a.from_row(i), b, result.from_row(i), repeat);
  for (; i < rows; ++i) strip_dots<1, Whole>(columns, depth, a.from_row(i), b, result.from_row(i), repeat);
}

}  // namespace tiles

/// result[i][j] = sum over n of <a_i + n a_step, b_j + n b_step>, of `rows` rows of `a` and `columns` rows of `b`: both
/// factors are read along their contiguous depth, which suits few rows and spares the transposition of `b`, which may
/// be stored in another type.
template <typename T, typename B>
void dot_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, row_factor<const T> a,
                 row_factor<const B> b, row_factor<T> result, const tiles::repetition& repeat = {}) {
  if (depth % packet<T>::size == 0)
    tiles::all_dots<true>(rows, columns, depth, a, b, result, repeat);
  else
    tiles::all_dots<false>(rows, columns, depth, a, b, result, repeat);
}

/// <a, b> of two vectors.
template <typename T>
T dot(const T* a, const T* b, std::int64_t depth) {
  using p = packet<T>;
  typename p::type sums = p::zero();
  const std::int64_t whole = depth / p::size * p::size;
  for (std::int64_t k = 0; k < whole; k += p::size) sums = p::multiply_add(p::load(a + k), p::load(b + k), sums);
  if (whole < depth)
    sums = p::multiply_add(p::load_first(a + whole, depth - whole), p::load_first(b + whole, depth - whole), sums);
  return p::sum(sums);
}

}  // namespace headwise::cpu
