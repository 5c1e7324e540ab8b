// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "headwise/cpu/packet.hpp"

namespace headwise::cpu::tiles {

/// Calls visit(first row, rows) for a few rows, `rows` a compile-time number: 4, then 2, then 1.
template <typename Visit>
EIGEN_ALWAYS_INLINE void for_few_rows(std::int64_t rows, const Visit& visit) {
  std::int64_t i = 0;
  for (; i + 4 <= rows; i += 4) visit(i, std::integral_constant<int, 4>{});
  for (; i + 2 <= rows; i += 2) visit(i, std::integral_constant<int, 2>{});
  for (; i < rows; ++i) visit(i, std::integral_constant<int, 1>{});
}

}  // namespace headwise::cpu::tiles
