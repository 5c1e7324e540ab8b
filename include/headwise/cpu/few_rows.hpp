// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu::tiles {

/// Calls visit(first row, rows) for a few rows from `first` on, `rows` a compile-time number: `Most`, a power of two,
/// and for the others half as many, down to 1.
template <int Most = 4, typename Visit>
EIGEN_ALWAYS_INLINE void for_few_rows(std::int64_t rows, const Visit& visit, std::int64_t first = 0) {
  for (; first + Most <= rows; first += Most) visit(first, std::integral_constant<int, Most>{});
  if constexpr (Most > 1) for_few_rows<Most / 2>(rows, visit, first);
}

/// So many rows at most wait for memory more than for each other.
inline constexpr int most_waiting_rows = 7;
/// So many of them read the other factor's rows in order, which memory delivers fastest: all of them some rows, and
/// then the next ones, for which pairs have to be put together anew.
template <typename F>
inline constexpr int most_rows_in_order = factor<F>::depth == 1 ? most_waiting_rows : 4;
/// So many rows of the other factor they read: few, that memory does not rest for long while they are read again.
inline constexpr std::int64_t rows_read_again = 8;

}  // namespace headwise::cpu::tiles
