// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <headwise/core/result_write.hpp>
#include <headwise/cpu/packing.hpp>
#include <headwise/cpu/paired_product.hpp>
#include <vector>

#include "support/plain_product.hpp"
#include "support/random.hpp"

namespace headwise::test {
namespace {

using cpu::row_factor;

/// left * right with elements F of so many numbers along the depth, whose neighbours are laid side by side.
template <typename F>
void compare_with_plain_loops(result_write write, std::int64_t rows, std::int64_t columns, std::int64_t depth) {
  using number = typename cpu::factor<F>::number;
  random_numbers random(11);
  const auto left = random.whole_numbers<float>(rows * depth);
  const auto right = random.whole_numbers<float>(columns * depth);
  const std::int64_t pitch = columns + 3;
  auto result = random.whole_numbers<float>(rows * pitch);
  auto expected = result;
  plain_product<float>(write, rows, columns, depth, {left.data(), depth}, {right.data(), 1, depth},
                       {expected.data(), pitch});

  const std::vector<number> left_numbers(left.begin(), left.end());
  const std::vector<number> right_numbers(right.begin(), right.end());
  const std::int64_t elements = cpu::elements_of<F>(depth);
  std::vector<F> left_elements(static_cast<std::size_t>(rows * elements));
  std::vector<F> right_elements(static_cast<std::size_t>(columns * elements));
  cpu::pack_rows(left_numbers.data(), depth, rows, depth, left_elements.data());
  cpu::pack_rows(right_numbers.data(), depth, columns, depth, right_elements.data());
  std::vector<F> paired(right_elements.size());
  for (std::int64_t j = 0; j < columns; ++j)
    for (std::int64_t k = 0; k < elements; ++k)
      paired[static_cast<std::size_t>((k / 2 * columns + j) * 2 + k % 2)] =
          right_elements[static_cast<std::size_t>(j * elements + k)];
  cpu::paired_product(rows, columns, elements, row_factor<const F>{left_elements.data(), elements}, paired.data(),
                      row_factor<float>{result.data(), pitch}, write,
                      cpu::upcoming_rows<number>{{left_numbers.data(), depth}, depth, rows});
  CHECK(result == expected);
}

template <typename F>
void compare_all_shapes() {
  if constexpr (cpu::can_be_paired<F>) {
    constexpr std::int64_t size = cpu::packet<float>::size;
    for (const std::int64_t rows : {0, 1, 2, 3, 5, 8, 12, 25})
      for (const std::int64_t columns : {size, 2 * size, 3 * size, 5 * size})
        for (const std::int64_t depth : {0, 4, 128, 300}) {
          CAPTURE(rows);
          CAPTURE(columns);
          CAPTURE(depth);
          compare_with_plain_loops<F>(result_write::overwrite, rows, columns, depth);
          compare_with_plain_loops<F>(result_write::add, rows, columns, depth);
        }
  }
}

TEST_CASE("a product that broadcasts two elements at a time is what plain loops find, while other rows are asked for") {
  compare_all_shapes<float>();
  compare_all_shapes<cpu::bfloat16_pair>();
}

#if defined(__x86_64__) && !defined(EIGEN_DONT_VECTORIZE)
static_assert(cpu::can_be_paired<float> && cpu::can_be_paired<cpu::bfloat16_pair> && !cpu::can_be_paired<double>);
#endif

}  // namespace
}  // namespace headwise::test
