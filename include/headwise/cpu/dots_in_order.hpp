// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/cpu/few_rows.hpp"
#include "headwise/cpu/left_rows.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

namespace headwise::cpu::tiles {

/// Writes the dot products of `Rows` rows with `Columns` others, of which the first `present` are there. Their sums
/// stand in packets [Rows][Columns].
template <int Rows, int Columns, typename T>
EIGEN_ALWAYS_INLINE void write_dots(const typename packet<T>::type* sums, std::int64_t present, T* to,
                                    std::int64_t row_step) {
  using p = packet<T>;
  static_assert(Rows * Columns % p::size == 0);
  T dots[std::size_t{Rows} * Columns];
  for (int i = 0; i < Rows * Columns; i += p::size) p::store(dots + i, p::sums(sums + i));
  const auto write = [&](auto count) __attribute__((always_inline)) {
    for (int i = 0; i < Rows; ++i)
      for (int j = 0; j < count; ++j) to[i * row_step + j] = dots[i * Columns + j];
  };
  // Copies of a number of bytes that is known take an instruction, and no call.
  if (present == Columns)
    write(std::integral_constant<int, Columns>{});
  else
    write(static_cast<int>(present));
}

/// `dot_product` of a few rows from one on with rows first ... last - 1 of `b`, which are read once and as they lie,
/// one after the other, as memory delivers fastest.
template <typename Rows, typename F, typename B, typename Stored>
EIGEN_DONT_INLINE void dots_in_order(std::int64_t row, std::int64_t first, std::int64_t last, std::int64_t depth,
                                     const row_factor<const F>& a, const row_factor<const B>& b,
                                     const row_factor<sum_of<F>>& result, const repetition& repeat,
                                     const upcoming_rows<Stored>* upcoming) {
  using T = sum_of<F>;
  using p = packet<T>;
  constexpr int rows = Rows::count;
  // Whole packets of sums are summed up together.
  constexpr int together = std::max(1, p::size / rows);
  const Rows left(a, row, depth, repeat);
  const B* b_row = b.data + first * b.row_step;
  T* to = result.data + row * result.row_step;
  for (std::int64_t j = first; j < last; j += together) {
    typename p::type sums[std::size_t{rows} * together];
    const std::int64_t present = std::min<std::int64_t>(together, last - j);
    if (present < together) std::fill_n(sums, rows * together, p::zero());
    // Not unrolled: a load that had a place of its own in the code for each of some rows would not be followed.
    for (std::int64_t c = 0; c < present; ++c, b_row += b.row_step) {
      typename p::type of_row[std::size_t{rows}];
      unroll<rows>([&](int i) __attribute__((always_inline)) { of_row[i] = p::zero(); });
      left.add_products(
          b_row, of_row, [&](std::int64_t n) __attribute__((always_inline)) {
            if (upcoming != nullptr) upcoming->ask_for(j + c, n);
          });
      unroll<rows>([&](std::int64_t i) __attribute__((always_inline)) { sums[i * together + c] = of_row[i]; });
    }
    write_dots<rows, together>(sums, present, to + j, result.row_step);
  }
}

/// Whether dot products of so many rows hold them in registers: two and more, a few packets long, that wait for memory.
template <typename F>
constexpr bool holds_rows(std::int64_t rows, std::int64_t depth, std::int64_t repeats) {
  using T = sum_of<F>;
  const auto are_held = [&](int packets) {
    return depth == packets * packet<T>::size && rows_in_registers_at_a_time<T>(packets) > 1;
  };
  return repeats == 1 && rows > 1 && rows <= most_waiting_rows && (are_held(4) || are_held(8));
}

/// `dot_product` of rows of so many packets that are held in registers, as many at a time as there is room for.
template <int Packets, typename F, typename B, typename Stored>
void dots_of_held_rows(std::int64_t rows, std::int64_t columns, const row_factor<const F>& a,
                       const row_factor<const B>& b, const row_factor<sum_of<F>>& result,
                       const upcoming_rows<Stored>& upcoming) {
  using T = sum_of<F>;
  constexpr int most = rows_in_registers_at_a_time<T>(Packets);
  const std::int64_t at_a_time = rows > most ? rows_read_again : columns;
  for (std::int64_t j = 0; j < columns; j += at_a_time)
    for_few_rows<most>(
        rows, [&](std::int64_t row, auto count) __attribute__((always_inline)) {
          dots_in_order<rows_in_registers<count, Packets, F>>(row, j, std::min(j + at_a_time, columns),
                                                              Packets * packet<T>::size, a, b, result, {},
                                                              row == 0 ? &upcoming : nullptr);
        });
}

}  // namespace headwise::cpu::tiles
