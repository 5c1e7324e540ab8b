// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu {

/// A part of a large product that is one task's: of that size, what it reads comes from memory seldom enough.
template <typename Real>
struct product_task {
  static constexpr std::int64_t rows = 32 * register_tile<Real>::rows;
  static constexpr std::int64_t columns = 6 * register_tile<Real>::columns;
};

/// Calls body(matrix, first row, rows, first column, columns, sums) in parallel for all tasks of the products of so
/// many matrices; `sums` has room for a task.
template <typename Real, typename Body>
void for_each_product_task(std::int64_t matrices, std::int64_t rows, std::int64_t columns, host_workspace::frame& frame,
                           const Body& body) {
  using most = product_task<Real>;
  const std::int64_t blocks = (rows + most::rows - 1) / most::rows;
  const std::int64_t groups = (columns + most::columns - 1) / most::columns;
  Real* sums = frame.take<Real>(thread_count() * most::rows * most::columns);
  parallel_for(matrices * blocks * groups, [&](std::int64_t task, int thread) {
    const std::int64_t row = task / groups % blocks * most::rows;
    const std::int64_t column = task % groups * most::columns;
    body(task / groups / blocks, row, std::min(most::rows, rows - row), column,
         std::min(most::columns, columns - column), sums + thread * most::rows * most::columns);
  });
}

/// result (=|+=) left * panels, for a product's task: `panels` has `columns` columns in panels as wide as a register
/// tile, [depth][width] each and filled up with zeros, one `panel_step` behind the other. `sums` has room for a task;
/// where sums are not of the result's type, every result is rounded once.
template <typename F, typename T>
void task_product(std::int64_t rows, std::int64_t columns, std::int64_t depth, left_factor<F> left, const F* panels,
                  std::int64_t panel_step, row_factor<T> result, result_write write, sum_of<F>* sums) {
  using real = sum_of<F>;
  constexpr std::int64_t width = register_tile<real>::columns;
  const auto add_up = [&](row_factor<real> to, result_write first) {
    // Some of the depth at a time for all panels, so that both factors stay in a near cache.
    constexpr std::int64_t at_a_time = 256;
    for (std::int64_t k = 0; k == 0 || k < depth; k += at_a_time) {
      const std::int64_t some = std::min(at_a_time, depth - k);
      for (std::int64_t o = 0; o < columns; o += width) {
        const row_factor<const F> panel{panels + o / width * panel_step + k * width, width};
        product(rows, width, some, left.from_depth(k), panel, to.from_column(o), k == 0 ? first : result_write::add);
      }
    }
  };
  if constexpr (std::is_same_v<T, real>)
    if (columns % width == 0) return add_up(result, write);
  add_up({sums, product_task<real>::columns}, result_write::overwrite);
  for (std::int64_t r = 0; r < rows; ++r)
    write_sums(sums + r * product_task<real>::columns, columns, result.from_row(r).data, write);
}

}  // namespace headwise::cpu
