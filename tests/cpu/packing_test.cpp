// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <headwise/cpu/packing.hpp>
#include <limits>
#include <vector>

#include "support/random.hpp"

namespace {

template <typename F, typename T>
void check_panels(std::int64_t tokens, std::int64_t dim) {
  using panels_type = headwise::cpu::packed_panels<F>;
  using number = typename headwise::cpu::factor<F>::number;
  constexpr std::int64_t depth = headwise::cpu::factor<F>::depth;
  CAPTURE(tokens);
  CAPTURE(dim);
  const std::int64_t step = dim + 5;
  headwise::test::random_numbers random(3);
  const auto rows = random.normals<T>(tokens * step);
  std::vector<F> packed(static_cast<std::size_t>(panels_type::size(tokens, dim)));
  std::memset(static_cast<void*>(packed.data()), 0xff, packed.size() * sizeof(F));
  const headwise::cpu::row_factor<const T> factor{rows.data(), step};
  const std::int64_t middle = std::min(panels_type::columns, tokens);
  panels_type::pack(factor, dim, middle, tokens, packed.data());
  panels_type::pack(factor, dim, 0, middle, packed.data());
  const panels_type panels{packed.data(), headwise::cpu::elements_of<F>(dim)};
  for (std::int64_t n = 0; n < headwise::cpu::rounded_up(tokens, panels_type::columns); ++n) {
    const std::int64_t first = n / panels_type::columns * panels_type::columns;
    const auto panel = panels.panel(first);
    for (std::int64_t d = 0; d < depth * panels.elements; ++d) {
      const bool there = n < tokens && d < dim;
      const auto expected = there ? static_cast<number>(rows[static_cast<std::size_t>(n * step + d)]) : number(0);
      const F& element = panel.from_row(d / depth).data[n - first];
      CHECK(reinterpret_cast<const number*>(&element)[d % depth] == expected);
    }
  }
}

}  // namespace

TEST_CASE("panels hold the transposed vectors, and zeros for missing tokens") {
  for (const std::int64_t tokens : {1, 15, 16, 17, 64, 70}) {
    check_panels<float, float>(tokens, 1);
    check_panels<float, float>(tokens, 16);
    check_panels<float, float>(tokens, 37);
    check_panels<double, double>(tokens, 24);
    check_panels<double, float>(tokens, 20);
    check_panels<float, headwise::float16>(tokens, 37);
    check_panels<headwise::cpu::bfloat16_pair, headwise::bfloat16>(tokens, 40);
    check_panels<headwise::cpu::bfloat16_pair, headwise::bfloat16>(tokens, 37);
  }
}

TEST_CASE_TEMPLATE("strips hold all columns of the vectors: a product with them is one with the vectors", T, float,
                   double) {
  for (const std::int64_t dim : {1, 40, 111, 128}) {
    CAPTURE(dim);
    using strips_type = headwise::cpu::packed_strips<T>;
    const std::int64_t padded_dim = strips_type::padded(dim);
    const std::int64_t tokens = 9;
    const std::int64_t step = dim + 3;
    headwise::test::random_numbers random(5);
    const std::vector<T> rows = random.whole_numbers<T>(tokens * step);
    const headwise::cpu::row_factor<const T> factor{rows.data(), step};
    const std::vector<T> weights = random.whole_numbers<T>(2 * tokens);
    std::vector<T> packed(static_cast<std::size_t>(strips_type::size(tokens, dim)), T(-1));
    strips_type::pack(factor, dim, tokens, 4, tokens, packed.data());
    strips_type::pack(factor, dim, tokens, 0, 4, packed.data());
    std::vector<T> sums(static_cast<std::size_t>(2 * padded_dim), T(1));
    const std::int64_t first = 4;
    strips_type{packed.data(), tokens, dim}.multiply_add(2, tokens - first, {weights.data(), tokens, 1}, first,
                                                         {sums.data(), padded_dim});
    for (std::int64_t i = 0; i < 2; ++i)
      for (std::int64_t d = 0; d < padded_dim; ++d) {
        T expected = 1;
        for (std::int64_t n = first; n < tokens && d < dim; ++n)
          expected +=
              weights[static_cast<std::size_t>(i * tokens + n - first)] * rows[static_cast<std::size_t>(n * step + d)];
        CHECK(sums[static_cast<std::size_t>(i * padded_dim + d)] == expected);
      }
  }
}

TEST_CASE("rows of a left factor stay in place, or are converted") {
  const std::vector<float> rows{1, 2, 3, 4, 5, -1, 6, 7, 8, 9, 10, -1};
  const headwise::cpu::row_factor<const float> factor{rows.data(), 6};
  using same_type = headwise::cpu::left_rows<float, float>;
  static_assert(same_type::size(2, 5) == 0);
  CHECK(same_type::view(factor, 5, nullptr).from_row(1).data == rows.data() + 6);
  using converted = headwise::cpu::left_rows<double, float>;
  std::vector<double> packed(static_cast<std::size_t>(converted::size(2, 5)), -1.0);
  converted::pack(factor, 5, 0, 2, packed.data());
  const auto view = converted::view(factor, 5, packed.data());
  for (std::int64_t n = 0; n < 2; ++n)
    for (std::int64_t d = 0; d < 5; ++d)
      CHECK(view.from_row(n).from_depth(d).data[0] == static_cast<double>(5 * n + d + 1));
}

TEST_CASE("one number that is not finite is found, wherever it stands") {
  for (const int dim : {1, 7, 64, 71}) {
    std::vector<float> rows(static_cast<std::size_t>(3 * (dim + 1)), 1e38F);
    CHECK(headwise::cpu::all_finite<float>({rows.data(), dim + 1}, 3, dim));
    for (std::int64_t n = 0; n < 3; ++n)
      for (int d = 0; d < dim; ++d) {
        float& number = rows[static_cast<std::size_t>(n * (dim + 1) + d)];
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
          number = bad;
          CHECK_FALSE(headwise::cpu::all_finite<float>({rows.data(), dim + 1}, 3, dim));
        }
        number = 0;
      }
    rows.back() = std::numeric_limits<float>::quiet_NaN();  // beside the vectors
    CHECK(headwise::cpu::all_finite<float>({rows.data(), dim + 1}, 3, dim));
  }
}
