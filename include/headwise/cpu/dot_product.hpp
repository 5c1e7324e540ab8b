// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/cpu/dots_in_order.hpp"
#include "headwise/cpu/few_rows.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu {

namespace tiles {

/// The dot products that are taken at a time: enough to keep the multipliers busy, and whole packets of them, which are
/// summed up together.
template <typename T>
inline constexpr int dots_at_a_time = std::max(8, packet<T>::size);

/// Rows of `b` that are multiplied side by side: rows of `a` would keep the nearest cache busy if they were read for
/// each row of `b` anew, so that it could not take in what memory delivers.
template <typename T, int Rows>
inline constexpr int dots_side_by_side = std::min(Rows, dots_at_a_time<T> / Rows);

/// `Rows` rows of `a` with as many rows of `b` as are taken at a time, of which the first `present` are there.
template <int Rows, typename F, typename B>
void register_dots(std::int64_t present, std::int64_t depth, row_factor<const F> a, row_factor<const B> b,
                   row_factor<sum_of<F>> result, const repetition& repeat, row_delivery<>& delivery) {
  using T = sum_of<F>;
  using p = packet<T>;
  using f = factor<F>;
  constexpr int columns = dots_at_a_time<T> / Rows;
  constexpr int beside = dots_side_by_side<T, Rows>;
  typename p::type sums[std::size_t{Rows} * columns];
  const std::int64_t whole = depth / p::size * p::size;
  row_delivery<> meanwhile = delivery;
  for (int j = 0; j < columns; j += beside) {
    // The last row that is there stands for those that are not.
    const B* b_rows[std::size_t{beside}];
    unroll<beside>([&](int c) { b_rows[c] = b.from_row(std::min<std::int64_t>(j + c, present - 1)).data; });
    typename p::type tile[std::size_t{Rows}][std::size_t{beside}];
    unroll<Rows>([&](int i) __attribute__((always_inline)) {
      unroll<beside>([&](int c) __attribute__((always_inline)) { tile[i][c] = p::zero(); });
    });
    for (std::int64_t n = 0; n < repeat.count; ++n) {
      const F* a_data = a.data + n * repeat.a_step;
      const auto add_products = [&](std::int64_t k, const auto& left, const auto& right)
          __attribute__((always_inline)) {
        typename f::type rights[std::size_t{beside}];
        unroll<beside>([&](int c) __attribute__((always_inline)) {
          rights[c] = right(b_rows[c] + n * repeat.b_step + k * f::depth);
          hold(rights[c]);
        });
        unroll<Rows>([&](int i) __attribute__((always_inline)) {
          typename f::type value = left(a_data + i * a.row_step + k);
          hold(value);
          unroll<beside>([&](int c) __attribute__((always_inline)) {
            tile[i][c] = f::multiply_add(value, rights[c], tile[i][c]);
          });
        });
      };
      for (std::int64_t k = 0; k < whole; k += p::size) {
        meanwhile.step();
        add_products(
            k, [](const F* from) __attribute__((always_inline)) { return f::load(from); },
            [](const B* from) __attribute__((always_inline)) { return load_elements<F>(from); });
      }
      if (whole < depth)
        add_products(
            whole,
            [&](const F* from) __attribute__((always_inline)) { return load_first_elements<F>(from, depth - whole); },
            [&](const B* from) __attribute__((always_inline)) { return load_first_elements<F>(from, depth - whole); });
    }
    unroll<Rows>([&](int i) __attribute__((always_inline)) {
      unroll<beside>([&](int c) __attribute__((always_inline)) { sums[i * columns + j + c] = tile[i][c]; });
    });
  }
  delivery = meanwhile;
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

}  // namespace tiles

/// result[i][j] = sum over n of <a_i + n a_step, b_j + n b_step>, of `rows` rows of `a` and `columns` rows of `b`: both
/// factors are read along their contiguous depth, which suits few rows and spares the transposition of `b`, which may
/// be stored in another type, or as numbers of which an element of `a` holds some. Depth counts elements of `a`, steps
/// of `b` count its own. Upcoming rows are asked for meanwhile.
template <typename F, typename B, typename Stored = B>
EIGEN_DONT_INLINE void dot_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, row_factor<const F> a,
                                   row_factor<const B> b, row_factor<sum_of<F>> result,
                                   const tiles::repetition& repeat = {}, const upcoming_rows<Stored>& upcoming = {}) {
  using T = sum_of<F>;
  constexpr int most = tiles::rows_side_by_side;
  constexpr std::int64_t group = tiles::dots_at_a_time<T> / most;
  constexpr std::int64_t beside = tiles::dots_side_by_side<T, most>;
  row_delivery<> delivery(upcoming,
                          rows / most * ((columns + beside - 1) / beside) * (depth / packet<T>::size) * repeat.count);
  tiles::for_few_rows<most>(rows, [&](std::int64_t i, auto count) {
    if constexpr (count < most)
      tiles::dots_in_order<count>(columns, depth, a.from_row(i), b, result.from_row(i), repeat,
                                  i == 0 ? upcoming : upcoming_rows<Stored>{});
    else
      for (std::int64_t j = 0; j < columns; j += group)
        tiles::register_dots<count>(std::min(group, columns - j), depth, a.from_row(i), b.from_row(j),
                                    result.from_row(i).from_column(j), repeat, delivery);
  });
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
