// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <headwise/cpu/dot_product.hpp>
#include <vector>

#include "support/random.hpp"

using headwise::cpu::row_factor;

TEST_CASE_TEMPLATE("dot products equal plain loops, repetitions included", T, float, double) {
  headwise::test::random_numbers random(8);
  const std::int64_t repeats = 3;
  for (const std::int64_t rows : {1, 3, 4, 9})
    for (const std::int64_t columns : {1, 3, 4, 9})
      for (const std::int64_t depth : {1, 7, 16, 40, 145}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(depth);
        const auto a = random.whole_numbers<T>(repeats * rows * depth);
        const auto b = random.whole_numbers<T>(repeats * columns * depth);
        std::vector<T> result(static_cast<std::size_t>(rows * columns));
        headwise::cpu::dot_product(rows, columns, depth, row_factor<const T>{a.data(), depth},
                                   row_factor<const T>{b.data(), depth}, row_factor<T>{result.data(), columns},
                                   {repeats, rows * depth, columns * depth});
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < columns; ++j) {
            T sum = 0;
            for (std::int64_t n = 0; n < repeats; ++n)
              for (std::int64_t k = 0; k < depth; ++k)
                sum += a[static_cast<std::size_t>((n * rows + i) * depth + k)] *
                       b[static_cast<std::size_t>((n * columns + j) * depth + k)];
            CHECK(result[static_cast<std::size_t>(i * columns + j)] == sum);
          }
      }
}

TEST_CASE("pairs of bfloat16 are multiplied by numbers as they lie in memory") {
  using headwise::bfloat16;
  using headwise::cpu::bfloat16_pair;
  headwise::test::random_numbers random(9);
  for (const std::int64_t rows : {1, 2, 4, 7})
    for (const std::int64_t columns : {1, 5, 16})
      for (const std::int64_t depth : {2, 32, 80, 300}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(depth);
        // An odd distance of rows: pairs may start anywhere.
        const std::int64_t pitch = depth + 1;
        const auto a = random.whole_numbers<float>(rows * depth);
        const auto b = random.whole_numbers<float>(columns * pitch);
        std::vector<bfloat16_pair> pairs;
        for (std::size_t i = 0; i < a.size(); i += 2) pairs.push_back({bfloat16(a[i]), bfloat16(a[i + 1])});
        const std::vector<bfloat16> numbers(b.begin(), b.end());
        std::vector<float> result(static_cast<std::size_t>(rows * columns));
        headwise::cpu::dot_product(rows, columns, depth / 2, row_factor<const bfloat16_pair>{pairs.data(), depth / 2},
                                   row_factor<const bfloat16>{numbers.data(), pitch},
                                   row_factor<float>{result.data(), columns});
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < columns; ++j) {
            float sum = 0;
            for (std::int64_t k = 0; k < depth; ++k)
              sum += a[static_cast<std::size_t>(i * depth + k)] * b[static_cast<std::size_t>(j * pitch + k)];
            CHECK(result[static_cast<std::size_t>(i * columns + j)] == sum);
          }
      }
}
