// SPDX-License-Identifier: Apache-2.0
#include "headwise/cpu/factor.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "support/random.hpp"

namespace headwise::test {

using cpu::bfloat16_pair;
using pairs = cpu::factor<bfloat16_pair>;
constexpr auto size = static_cast<std::size_t>(cpu::packet<float>::size);

std::vector<float> numbers_of(const cpu::packet<float>::type& packet) {
  std::vector<float> numbers(size);
  cpu::packet<float>::store(numbers.data(), packet);
  return numbers;
}

TEST_CASE("a pair adds both of its products, by the machine's instruction and by parts") {
  random_numbers random(11);
  const auto a = random.whole_numbers<float>(2);
  const auto b = random.whole_numbers<float>(static_cast<std::int64_t>(2 * size));
  const auto sums = random.whole_numbers<float>(static_cast<std::int64_t>(size));
  const bfloat16_pair left{bfloat16(a[0]), bfloat16(a[1])};
  std::vector<bfloat16_pair> right;
  std::vector<float> expected;
  for (std::size_t i = 0; i < size; ++i) {
    right.push_back({bfloat16(b[2 * i]), bfloat16(b[2 * i + 1])});
    expected.push_back(sums[i] + a[0] * b[2 * i] + a[1] * b[2 * i + 1]);
    CHECK(pairs::multiply_add_one(left, right[i], sums[i]) == expected[i]);
  }
  const auto before = cpu::packet<float>::load(sums.data());
  CHECK(numbers_of(pairs::multiply_add(pairs::broadcast(&left), pairs::load(right.data()), before)) == expected);
  CHECK(numbers_of(cpu::tiles::multiply_add_pairs_by_parts(pairs::broadcast(&left), pairs::load(right.data()),
                                                           before)) == expected);
}

TEST_CASE("sums are rounded to numbers in a row, and two rows of them to pairs") {
  random_numbers random(12);
  const auto first = random.normals<float>(static_cast<std::int64_t>(size));
  const auto second = random.normals<float>(static_cast<std::int64_t>(size));
  std::vector<bfloat16> row(size);
  pairs::store(row.data(), cpu::packet<float>::load(first.data()));
  std::vector<bfloat16_pair> rows(size);
  pairs::store_pairs(rows.data(), cpu::packet<float>::load(first.data()), cpu::packet<float>::load(second.data()));
  for (std::size_t i = 0; i < size; ++i) {
    CHECK(row[i].bits == bfloat16(first[i]).bits);
    CHECK(rows[i].first.bits == row[i].bits);
    CHECK(rows[i].second.bits == bfloat16(second[i]).bits);
  }
}

TEST_CASE("packed pairs give the products of the vectors: scores along their numbers, values along tokens") {
  constexpr int dim = 37;
  constexpr std::int64_t rows = 7;
  constexpr std::int64_t tokens = 71;
  random_numbers random(13);
  const std::vector<bfloat16> queries = random.whole_numbers<bfloat16>(rows * dim);
  const std::vector<bfloat16> keys = random.whole_numbers<bfloat16>(tokens * dim);
  const auto number = [](const std::vector<bfloat16>& from, std::int64_t at) {
    return float{from[static_cast<std::size_t>(at)]};
  };

  using left_type = cpu::left_rows<bfloat16_pair, bfloat16>;
  using panels_type = cpu::packed_panels<bfloat16_pair>;
  const cpu::row_factor<const bfloat16> query_rows{queries.data(), dim};
  const cpu::row_factor<const bfloat16> key_rows{keys.data(), dim};
  std::vector<bfloat16_pair> left(static_cast<std::size_t>(left_type::size(rows, dim)));
  left_type::pack(query_rows, dim, 0, rows, left.data());
  std::vector<bfloat16_pair> packed(static_cast<std::size_t>(panels_type::size(tokens, dim)));
  panels_type::pack(key_rows, dim, 0, tokens, packed.data());
  const panels_type panels{packed.data(), cpu::elements_of<bfloat16_pair>(dim)};
  std::vector<float> scores(static_cast<std::size_t>(rows * panels_type::columns));
  for (std::int64_t first = 0; first < tokens; first += panels_type::columns) {
    cpu::panel_product(rows, panels.elements, left_type::view(query_rows, dim, left.data()), panels.panel(first),
                       cpu::row_factor<float>{scores.data(), panels_type::columns}, result_write::overwrite);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < panels_type::columns && first + j < tokens; ++j) {
        float expected = 0;
        for (std::int64_t d = 0; d < dim; ++d)
          expected += number(queries, i * dim + d) * number(keys, (first + j) * dim + d);
        CHECK(scores[static_cast<std::size_t>(i * panels_type::columns + j)] == expected);
      }
  }

  using strips_type = cpu::packed_strips<bfloat16_pair>;
  constexpr std::int64_t padded_dim = strips_type::padded(dim);
  std::vector<bfloat16_pair> strips(static_cast<std::size_t>(strips_type::size(tokens, dim)));
  strips_type::pack(key_rows, dim, tokens, 0, tokens, strips.data());
  // An odd number of tokens: the last element has a zero for what is missing.
  const std::int64_t step = cpu::elements_of<bfloat16_pair>(tokens);
  std::vector<bfloat16> weights = random.whole_numbers<bfloat16>(rows * 2 * step);
  for (std::int64_t i = 0; i < rows; ++i) weights[static_cast<std::size_t>(2 * (i + 1) * step - 1)] = bfloat16();
  std::vector<float> sums(static_cast<std::size_t>(rows * padded_dim), 1.0F);
  const std::int64_t first = 2;
  strips_type{strips.data(), tokens, dim}.multiply_add(
      rows, tokens - first, {reinterpret_cast<const bfloat16_pair*>(weights.data()) + first / 2, step, 1}, first,
      {sums.data(), padded_dim});
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t d = 0; d < dim; ++d) {
      float expected = 1;
      for (std::int64_t n = first; n < tokens; ++n)
        expected += number(weights, 2 * i * step + n) * number(keys, n * dim + d);
      CHECK(sums[static_cast<std::size_t>(i * padded_dim + d)] == expected);
    }
}

}  // namespace headwise::test
