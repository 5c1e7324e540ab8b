// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <headwise/core/result_write.hpp>
#include <headwise/cpu/tile_product.hpp>
#include <vector>

#include "support/plain_product.hpp"
#include "support/random.hpp"

namespace {

using headwise::result_write;
using headwise::cpu::left_factor;
using headwise::cpu::row_factor;

struct shape {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t depth;
};

template <typename T>
std::vector<shape> shapes() {
  constexpr std::int64_t wide = headwise::cpu::register_tile<T>::columns;
  std::vector<shape> all;
  constexpr std::int64_t size = headwise::cpu::packet<T>::size;
  for (const std::int64_t rows : {0, 1, 2, 3, 4, 5, 6, 7, 13, 23})
    for (const std::int64_t columns : {std::int64_t{1}, std::int64_t{7}, size, wide - size, wide - 1, wide, wide + 1,
                                       wide + size, wide + 2 * size, 2 * wide + 3})
      for (const std::int64_t depth : {0, 1, 5}) all.push_back({rows, columns, depth});
  return all;
}

template <typename T>
void compare_with_plain_loops(result_write write, bool transposed) {
  headwise::test::random_numbers random(7);
  for (const shape& sizes : shapes<T>()) {
    const std::int64_t rows = sizes.rows;
    const std::int64_t columns = sizes.columns;
    const std::int64_t depth = sizes.depth;
    CAPTURE(rows);
    CAPTURE(columns);
    CAPTURE(depth);
    const std::int64_t pitch = columns + 3;
    const auto left = random.whole_numbers<T>(rows * depth);
    const auto right = random.whole_numbers<T>(depth * pitch);
    auto result = random.whole_numbers<T>(rows * pitch);
    auto expected = result;
    using headwise::test::plain_matrix;
    const plain_matrix<const T> left_matrix =
        transposed ? plain_matrix<const T>{left.data(), 1, rows} : plain_matrix<const T>{left.data(), depth};
    headwise::test::plain_product<T>(write, rows, columns, depth, left_matrix, {right.data(), pitch},
                                     {expected.data(), pitch});
    const left_factor<T> factor =
        transposed ? left_factor<T>{left.data(), 1, rows} : left_factor<T>{left.data(), depth, 1};
    headwise::cpu::product(rows, columns, depth, factor, row_factor<const T>{right.data(), pitch},
                           row_factor<T>{result.data(), pitch}, write);
    CHECK(result == expected);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("a product equals plain loops and leaves the columns beside it alone", T, float, double) {
  compare_with_plain_loops<T>(result_write::overwrite, false);
  compare_with_plain_loops<T>(result_write::add, false);
}

TEST_CASE_TEMPLATE("a product with a transposed left factor equals plain loops", T, float, double) {
  compare_with_plain_loops<T>(result_write::overwrite, true);
  compare_with_plain_loops<T>(result_write::add, true);
}

TEST_CASE("an element does not depend on how rows and columns are cut into tiles") {
  headwise::test::random_numbers random(9);
  const std::int64_t rows = 12;
  const std::int64_t columns = 2 * headwise::cpu::register_tile<float>::columns;
  const std::int64_t depth = 100;
  const auto left = random.normals<float>(rows * depth);
  const auto right = random.normals<float>(depth * columns);
  std::vector<float> whole(static_cast<std::size_t>(rows * columns));
  std::vector<float> alone(whole.size());
  const auto run = [&](std::vector<float>& result, std::int64_t first, std::int64_t count) {
    headwise::cpu::product(count, columns, depth, left_factor<float>{left.data() + first * depth, depth, 1},
                           row_factor<const float>{right.data(), columns},
                           row_factor<float>{result.data() + first * columns, columns}, result_write::overwrite);
  };
  run(whole, 0, rows);
  for (std::int64_t i = 0; i < rows; ++i) run(alone, i, 1);
  CHECK(whole == alone);
}
