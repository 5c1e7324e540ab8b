// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <headwise/core/result_write.hpp>
#include <headwise/cpu/packing.hpp>
#include <headwise/cpu/task_product.hpp>
#include <vector>

#include "support/plain_product.hpp"
#include "support/random.hpp"

namespace headwise::test {
namespace {

using cpu::left_factor;
using cpu::row_factor;

/// left * right in a matrix of T, added to what is there or not, with F for elements of both factors.
template <typename F, typename T>
void compare_with_plain_loops(result_write write, std::int64_t rows, std::int64_t columns, std::int64_t depth) {
  using real = cpu::sum_of<F>;
  using number = typename cpu::factor<F>::number;
  constexpr std::int64_t width = cpu::register_tile<real>::columns;
  random_numbers random(5);
  const auto left = random.whole_numbers<float>(rows * depth);
  const auto right = random.whole_numbers<float>(depth * columns);
  const auto before = random.whole_numbers<float>(rows * columns);
  const std::vector<number> left_numbers(left.begin(), left.end());
  const std::vector<number> right_numbers(right.begin(), right.end());
  std::vector<T> result(before.begin(), before.end());
  auto exact = before;
  plain_product<float>(write, rows, columns, depth, {left.data(), depth}, {right.data(), columns},
                       {exact.data(), columns});
  const std::vector<T> expected(exact.begin(), exact.end());

  const std::int64_t elements = cpu::elements_of<F>(depth);
  std::vector<F> packed_left(static_cast<std::size_t>(rows * elements));
  cpu::pack_rows(left_numbers.data(), depth, rows, depth, packed_left.data());
  std::vector<F> panels(static_cast<std::size_t>((columns + width - 1) / width * width * elements));
  for (std::int64_t o = 0; o < columns && depth > 0; o += width)
    cpu::pack_columns(right_numbers.data() + o, columns, depth, std::min(width, columns - o), width,
                      panels.data() + o * elements);
  std::vector<real> sums(static_cast<std::size_t>(cpu::product_task<real>::rows * cpu::product_task<real>::columns));
  cpu::task_product(rows, columns, elements, left_factor<F>{packed_left.data(), elements, 1}, panels.data(),
                    elements * width, row_factor<T>{result.data(), columns}, write, sums.data());
  CHECK(result == expected);
}

template <typename F, typename T>
void compare_all_shapes() {
  constexpr std::int64_t width = cpu::register_tile<cpu::sum_of<F>>::columns;
  constexpr std::int64_t most_columns = cpu::product_task<cpu::sum_of<F>>::columns;
  constexpr std::int64_t most_rows = cpu::product_task<cpu::sum_of<F>>::rows;
  for (const std::int64_t rows : {std::int64_t{1}, std::int64_t{7}, most_rows})
    for (const std::int64_t columns : {std::int64_t{3}, width, 2 * width + 5, most_columns})
      for (const std::int64_t depth : {0, 2, 255, 600}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(depth);
        compare_with_plain_loops<F, T>(result_write::overwrite, rows, columns, depth);
        compare_with_plain_loops<F, T>(result_write::add, rows, columns, depth);
      }
}

TEST_CASE("a task's part of a product is what plain loops find, however deep it is") {
  compare_all_shapes<float, float>();
  compare_all_shapes<double, double>();
}

TEST_CASE("sums of another type than the result's are rounded once") {
  compare_all_shapes<float, bfloat16>();
  compare_all_shapes<cpu::bfloat16_pair, bfloat16>();
  compare_all_shapes<cpu::bfloat16_pair, float>();
}

}  // namespace
}  // namespace headwise::test
