// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/cpu/dots_in_order.hpp"
#include "headwise/cpu/few_rows.hpp"
#include "headwise/cpu/left_rows.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu {

namespace tiles {

/// Rows that are taken with several rows of the right factor side by side. Fewer read it in order.
inline constexpr int rows_side_by_side = 4;

/// The dot products that are taken at a time: enough to keep the multipliers busy, and whole packets of them, which are
/// summed up together.
template <typename T>
inline constexpr int dots_at_a_time = std::max(8, packet<T>::size);

/// Rows of `b` that are multiplied side by side: rows of `a` would keep the nearest cache busy if they were read for
/// each row of `b` anew, so that it could not take in what memory delivers.
template <typename T, int Rows>
inline constexpr int columns_beside = std::min(Rows, dots_at_a_time<T> / Rows);

/// `Rows` rows of `a` with all rows of `b`, of which some are read side by side.
template <int Rows, typename F, typename B>
EIGEN_DONT_INLINE void dots_side_by_side(std::int64_t row, std::int64_t columns, std::int64_t depth,
                                         const row_factor<const F>& a, const row_factor<const B>& b,
                                         const row_factor<sum_of<F>>& result, const repetition& repeat,
                                         row_delivery<>& delivery) {
  using T = sum_of<F>;
  using p = packet<T>;
  using f = factor<F>;
  constexpr int together = dots_at_a_time<T> / Rows;
  constexpr int beside = columns_beside<T, Rows>;
  const std::int64_t whole = depth / p::size * p::size;
  row_delivery<> meanwhile = delivery;
  for (std::int64_t first = 0; first < columns; first += together) {
    const std::int64_t present = std::min<std::int64_t>(together, columns - first);
    typename p::type sums[std::size_t{Rows} * together];
    for (int j = 0; j < together; j += beside) {
      // The last row that is there stands for those that are not.
      const B* b_rows[std::size_t{beside}];
      unroll<beside>([&](int c) __attribute__((always_inline)) {
        b_rows[c] = b.data + (first + std::min<std::int64_t>(j + c, present - 1)) * b.row_step;
      });
      typename p::type tile[std::size_t{Rows}][std::size_t{beside}];
      unroll<Rows>([&](int i) __attribute__((always_inline)) {
        unroll<beside>([&](int c) __attribute__((always_inline)) { tile[i][c] = p::zero(); });
      });
      const F* a_data = a.data + row * a.row_step;
      for (std::int64_t n = 0; n < repeat.count; ++n, a_data += repeat.a_step) {
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
              [&](const B* from)
                  __attribute__((always_inline)) { return load_first_elements<F>(from, depth - whole); });
      }
      unroll<Rows>([&](int i) __attribute__((always_inline)) {
        unroll<beside>([&](int c) __attribute__((always_inline)) { sums[i * together + j + c] = tile[i][c]; });
      });
    }
    write_dots<Rows, together>(sums, present, result.data + row * result.row_step + first, result.row_step);
  }
  delivery = meanwhile;
}

}  // namespace tiles

/// result[i][j] = sum over n of <a_i + n a_step, b_j + n b_step>, of `rows` rows of `a` and `columns` rows of `b`: both
/// factors are read along their contiguous depth, which suits few rows and spares the transposition of `b`, which may
/// be stored in another type, or as numbers of which an element of `a` holds some. Depth counts elements of `a`, steps
/// of `b` count its own. Upcoming rows are asked for meanwhile.
template <typename F, typename B, typename Stored = B>
EIGEN_DONT_INLINE void dot_product(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                   const row_factor<const F>& a, const row_factor<const B>& b,
                                   const row_factor<sum_of<F>>& result, const tiles::repetition& repeat = {},
                                   const upcoming_rows<Stored>& upcoming = {}) {
  using T = sum_of<F>;
  if (tiles::holds_rows<F>(rows, depth, repeat.count)) {
    if (depth == 4 * packet<T>::size)
      tiles::dots_of_held_rows<4>(rows, columns, a, b, result, upcoming);
    else
      tiles::dots_of_held_rows<8>(rows, columns, a, b, result, upcoming);
    return;
  }
  constexpr int most = tiles::rows_side_by_side;
  constexpr std::int64_t beside = tiles::columns_beside<T, most>;
  row_delivery<> delivery(upcoming,
                          rows / most * ((columns + beside - 1) / beside) * (depth / packet<T>::size) * repeat.count);
  tiles::for_few_rows<most>(
      rows, [&](std::int64_t i, auto count) __attribute__((always_inline)) {
        if constexpr (count < most)
          tiles::dots_in_order<tiles::rows_in_memory<count, F>>(i, 0, columns, depth, a, b, result, repeat,
                                                                i == 0 ? &upcoming : nullptr);
        else
          tiles::dots_side_by_side<count>(i, columns, depth, a, b, result, repeat, delivery);
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
