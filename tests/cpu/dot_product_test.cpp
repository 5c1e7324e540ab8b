// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <headwise/core/result_write.hpp>
#include <headwise/cpu/dot_product.hpp>
#include <headwise/cpu/packet.hpp>
#include <headwise/cpu/upcoming_rows.hpp>
#include <vector>

#include "support/plain_product.hpp"
#include "support/random.hpp"

using headwise::cpu::row_factor;

namespace headwise::test {
namespace {

template <typename T>
void compare_dot_products(std::int64_t rows, std::int64_t columns, std::int64_t depth, std::int64_t repeats) {
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(depth);
  CAPTURE(repeats);
  random_numbers random(8);
  const auto a = random.whole_numbers<T>(repeats * rows * depth);
  const auto b = random.whole_numbers<T>(repeats * columns * depth);
  std::vector<T> result(static_cast<std::size_t>(rows * columns));
  cpu::dot_product(rows, columns, depth, row_factor<const T>{a.data(), depth}, row_factor<const T>{b.data(), depth},
                   row_factor<T>{result.data(), columns}, {repeats, rows * depth, columns * depth},
                   cpu::upcoming_rows<T>{{b.data(), depth}, depth, columns, repeats, columns * depth});
  std::vector<T> expected(result.size());
  for (std::int64_t n = 0; n < repeats; ++n)
    plain_product<T>(result_write::add, rows, columns, depth, {a.data() + n * rows * depth, depth},
                     {b.data() + n * columns * depth, 1, depth}, {expected.data(), columns});
  CHECK(result == expected);
}

TEST_CASE_TEMPLATE("dot products equal plain loops, repetitions included", T, float, double) {
  for (const std::int64_t rows : {1, 3, 4, 9})
    for (const std::int64_t columns : {1, 3, 4, 9})
      for (const std::int64_t depth : {1, 7, 16, 40, 145}) compare_dot_products<T>(rows, columns, depth, 3);
}

TEST_CASE_TEMPLATE("rows of a few packets are held while others are read in order", T, float, double) {
  for (const std::int64_t packets : {4, 8})
    for (const std::int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8})
      for (const std::int64_t columns : {1, 7, 8, 9, 37})
        for (const std::int64_t repeats : {1, 2})
          compare_dot_products<T>(rows, columns, packets * cpu::packet<T>::size, repeats);
}

}  // namespace
}  // namespace headwise::test

TEST_CASE("pairs of bfloat16 are multiplied by numbers as they lie in memory") {
  using headwise::bfloat16;
  using headwise::cpu::bfloat16_pair;
  headwise::test::random_numbers random(9);
  for (const std::int64_t rows : {1, 2, 4, 7})
    for (const std::int64_t columns : {1, 5, 16})
      for (const std::int64_t depth : {2, 32, 64, 80, 128, 256, 300}) {
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
        std::vector<float> expected(result.size());
        headwise::test::plain_product<float>(headwise::result_write::add, rows, columns, depth, {a.data(), depth},
                                             {b.data(), 1, pitch}, {expected.data(), columns});
        CHECK(result == expected);
      }
}
