// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "headwise/cpu/packet.hpp"

namespace headwise::cpu::tiles {

/// Calls visit(first row, rows) for a few rows from `first` on, `rows` a compile-time number: `Most`, a power of two,
/// and for the others half as many, down to 1.
template <int Most = 4, typename Visit>
EIGEN_ALWAYS_INLINE void for_few_rows(std::int64_t rows, const Visit& visit, std::int64_t first = 0) {
  for (; first + Most <= rows; first += Most) visit(first, std::integral_constant<int, Most>{});
  if constexpr (Most > 1) for_few_rows<Most / 2>(rows, visit, first);
}

}  // namespace headwise::cpu::tiles
