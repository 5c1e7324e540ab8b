// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu::tiles {

/// Rows that `dot_product` takes with several rows of its right factor side by side. Fewer read it in order.
inline constexpr int rows_side_by_side = 4;

/// How often a dot product goes on, and how far its factors move each time.
struct repetition {
  std::int64_t count = 1;
  std::int64_t a_step = 0;
  std::int64_t b_step = 0;
};

/// Adds the products of one row of `b` with each of `Rows` rows of `a`, packet by packet.
template <int Rows, typename F, typename B>
EIGEN_ALWAYS_INLINE void add_products_of_row(std::int64_t depth, const F* a, std::int64_t a_row_step, const B* b,
                                             typename packet<sum_of<F>>::type (&sums)[std::size_t{Rows}]) {
  using f = factor<F>;
  constexpr std::int64_t size = packet<sum_of<F>>::size;
  const std::int64_t whole = depth / size * size;
  const auto add = [&](std::int64_t k) __attribute__((always_inline)) {
    typename f::type right = load_elements<F>(b + k * f::depth);
    hold(right);
    unroll<Rows>([&](int i) __attribute__((always_inline)) {
      sums[i] = f::multiply_add(f::load(a + i * a_row_step + k), right, sums[i]);
    });
  };
  // Machines follow each load by itself: several of them, far apart, reach further ahead than one.
  constexpr int packets = 8 / f::depth;
  std::int64_t k = 0;
  for (; k + packets * size <= whole; k += packets * size)
    unroll<packets>([&](int i) __attribute__((always_inline)) { add(k + i * size); });
  for (; k < whole; k += size) add(k);
  if (whole < depth) {
    const auto right = load_first_elements<F>(b + whole * f::depth, depth - whole);
    unroll<Rows>([&](int i) __attribute__((always_inline)) {
      sums[i] = f::multiply_add(load_first_elements<F>(a + i * a_row_step + whole, depth - whole), right, sums[i]);
    });
  }
}

/// `dot_product` of one or two rows, which reads each row of `b` once and as it lies, one after the other, as memory
/// delivers fastest.
template <int Rows, typename F, typename B, typename Stored>
EIGEN_DONT_INLINE void dots_in_order(std::int64_t columns, std::int64_t depth, row_factor<const F> a,
                                     row_factor<const B> b, row_factor<sum_of<F>> result, const repetition& repeat,
                                     const upcoming_rows<Stored>& upcoming) {
  using T = sum_of<F>;
  using p = packet<T>;
  // Whole packets of sums are summed up together.
  constexpr int together = std::max(1, p::size / Rows);
  const auto take = [&](std::int64_t first, auto count) __attribute__((always_inline)) {
    typename p::type sums[std::size_t{Rows} * together];
    unroll<Rows * together>([&](int i) __attribute__((always_inline)) { sums[i] = p::zero(); });
    const auto take_row = [&](int c) __attribute__((always_inline)) {
      typename p::type of_row[std::size_t{Rows}];
      unroll<Rows>([&](int i) __attribute__((always_inline)) { of_row[i] = p::zero(); });
      const F* a_data = a.data;
      const B* b_row = b.data + (first + c) * b.row_step;
      for (std::int64_t n = 0; n < repeat.count; ++n, a_data += repeat.a_step, b_row += repeat.b_step) {
        upcoming.ask_for(first + c, n);
        add_products_of_row<Rows>(depth, a_data, a.row_step, b_row, of_row);
      }
      unroll<Rows>([&](int i) __attribute__((always_inline)) { sums[i * together + c] = of_row[i]; });
    };
    // One row's sums are worth no registers of their own beside loads that a machine can follow.
    if constexpr (Rows == 1)
      for (int c = 0; c < count; ++c) take_row(c);
    else
      unroll<count>(take_row);
    T dots[std::size_t{Rows} * together];
    for (int i = 0; i < Rows * together; i += p::size) p::store(dots + i, p::sums(sums + i));
    for (int i = 0; i < Rows; ++i)
      for (int c = 0; c < count; ++c) result.from_row(i).data[first + c] = dots[i * together + c];
  };
  std::int64_t j = 0;
  for (; j + together <= columns; j += together) take(j, std::integral_constant<int, together>{});
  for (; j < columns; ++j) take(j, std::integral_constant<int, 1>{});
}

}  // namespace headwise::cpu::tiles
