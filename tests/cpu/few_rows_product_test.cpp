// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <headwise/core/result_write.hpp>
#include <headwise/cpu/few_rows_product.hpp>
#include <vector>

#include "support/plain_product.hpp"
#include "support/random.hpp"

using headwise::cpu::left_factor;
using headwise::cpu::row_factor;

namespace headwise::test {
namespace {

/// result + left * right, where right has numbers of another type.
template <typename T, typename Right>
void compare_with_plain_loops(std::int64_t rows, std::int64_t columns, std::int64_t depth) {
  random_numbers random(7);
  const std::int64_t pitch = columns + 3;
  const auto left = random.whole_numbers<T>(rows * depth);
  const auto right = random.whole_numbers<T>(depth * pitch);
  const std::vector<Right> stored(right.begin(), right.end());
  auto result = random.whole_numbers<T>(rows * pitch);
  auto expected = result;
  plain_product<T>(result_write::add, rows, columns, depth, {left.data(), depth}, {right.data(), pitch},
                   {expected.data(), pitch});
  cpu::add_few_rows(rows, columns, depth, left_factor<T>{left.data(), depth, 1},
                    row_factor<const Right>{stored.data(), pitch}, row_factor<T>{result.data(), pitch},
                    cpu::upcoming_rows<Right>{{stored.data(), pitch}, columns, depth});
  CHECK(result == expected);
}

TEST_CASE("a few rows times others are what plain loops find, while other rows are asked for") {
  for (const std::int64_t rows : {0, 1, 2, 3, 4, 7, 8, 9})
    for (const std::int64_t columns : {1, 8, 16, 64, 100, 128, 145, 256})
      for (const std::int64_t depth : {0, 1, 5, 19, 50}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(depth);
        compare_with_plain_loops<float, float>(rows, columns, depth);
        compare_with_plain_loops<double, double>(rows, columns, depth);
        compare_with_plain_loops<float, bfloat16>(rows, columns, depth);
      }
}

TEST_CASE("rows of bfloat16 are paired on the way") {
  random_numbers random(8);
  for (const std::int64_t rows : {1, 2, 4, 5})
    for (const std::int64_t columns : {1, 16, 40, 129})
      for (const std::int64_t depth : {2, 8, 34}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(depth);
        const std::int64_t pitch = columns + 3;
        const auto left = random.whole_numbers<float>(rows * depth);
        const auto right = random.whole_numbers<float>(depth * pitch);
        std::vector<cpu::bfloat16_pair> pairs;
        for (std::size_t i = 0; i < left.size(); i += 2) pairs.push_back({bfloat16(left[i]), bfloat16(left[i + 1])});
        const std::vector<bfloat16> stored(right.begin(), right.end());
        auto result = random.whole_numbers<float>(rows * columns);
        auto expected = result;
        plain_product<float>(result_write::add, rows, columns, depth, {left.data(), depth}, {right.data(), pitch},
                             {expected.data(), columns});
        cpu::add_few_rows(rows, columns, depth / 2, left_factor<cpu::bfloat16_pair>{pairs.data(), depth / 2, 1},
                          cpu::row_pair_factor<bfloat16>{stored.data(), pitch},
                          row_factor<float>{result.data(), columns});
        CHECK(result == expected);
      }
}

}  // namespace
}  // namespace headwise::test
