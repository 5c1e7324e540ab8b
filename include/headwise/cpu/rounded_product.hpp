// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu {

/// result (=|+=) left * right, where `right` has `columns` columns, no more than a register tile, and `result` has room
/// for the first `live` of them. Where sums are not of the result's type, every result is rounded once.
template <typename F, typename T>
void rounded_product(std::int64_t rows, std::int64_t columns, std::int64_t live, std::int64_t depth,
                     left_factor<F> left, row_factor<const F> right, row_factor<T> result, result_write write) {
  using real = sum_of<F>;
  if constexpr (std::is_same_v<T, real>) {
    if (live == columns) {
      product(rows, columns, depth, left, right, result, write);
      return;
    }
  }
  constexpr std::int64_t group = register_tile<real>::rows;
  constexpr std::int64_t most = register_tile<real>::columns;
  real block[static_cast<std::size_t>(group * most)];
  for (std::int64_t i = 0; i < rows; i += group) {
    const std::int64_t count = std::min(group, rows - i);
    product(count, columns, depth, left.from_row(i), right, row_factor<real>{block, most}, result_write::overwrite);
    for (std::int64_t r = 0; r < count; ++r) write_sums(block + r * most, live, result.from_row(i + r).data, write);
  }
}

}  // namespace headwise::cpu
