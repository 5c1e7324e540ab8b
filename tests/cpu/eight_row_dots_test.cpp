// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <headwise/core/result_write.hpp>
#include <headwise/cpu/eight_row_dots.hpp>
#include <headwise/cpu/packing.hpp>
#include <vector>

#include "support/plain_product.hpp"
#include "support/random.hpp"

namespace headwise::test {
namespace {

using cpu::row_factor;

/// Eight rows with others, of elements F, as plain loops multiply their numbers.
template <typename F>
void compare_with_plain_loops(result_write write, std::int64_t columns, std::int64_t elements) {
  using number = typename cpu::factor<F>::number;
  constexpr std::int64_t run = cpu::eight_row_run<F>();
  const std::int64_t depth = elements * cpu::factor<F>::depth;
  random_numbers random(12);
  const auto a = random.whole_numbers<float>(8 * depth);
  const auto b = random.whole_numbers<float>(columns * depth);
  const std::int64_t pitch = columns + 3;
  const auto before = random.whole_numbers<float>(8 * pitch);
  auto expected = before;
  plain_product<float>(write, 8, columns, depth, {a.data(), depth}, {b.data(), 1, depth}, {expected.data(), pitch});

  const std::vector<number> a_numbers(a.begin(), a.end());
  const std::vector<number> b_numbers(b.begin(), b.end());
  std::vector<F> a_elements(static_cast<std::size_t>(8 * elements));
  std::vector<F> b_elements(static_cast<std::size_t>(columns * elements));
  cpu::pack_rows(a_numbers.data(), depth, 8, depth, a_elements.data());
  cpu::pack_rows(b_numbers.data(), depth, columns, depth, b_elements.data());
  std::vector<F> eight(a_elements.size());
  for (std::int64_t i = 0; i < 8; ++i)
    for (std::int64_t k = 0; k < elements; ++k)
      eight[static_cast<std::size_t>((k / run * 8 + i) * run + k % run)] =
          a_elements[static_cast<std::size_t>(i * elements + k)];
  auto result = before;
  cpu::eight_row_dots(columns, elements, static_cast<const F*>(eight.data()),
                      row_factor<const F>{b_elements.data(), elements}, row_factor<float>{result.data(), pitch}, write,
                      cpu::upcoming_rows<number>{{b_numbers.data(), depth}, depth, columns});
  CHECK(result == expected);
}

template <typename F>
void compare_all_shapes() {
  if constexpr (cpu::can_take_eight_rows<F>)
    for (const std::int64_t columns : {0, 1, 3, 4, 8, 11, 12, 23, 40})
      for (const std::int64_t elements : {0, 4, 64, 140}) {
        CAPTURE(columns);
        CAPTURE(elements);
        compare_with_plain_loops<F>(result_write::overwrite, columns, elements);
        compare_with_plain_loops<F>(result_write::add, columns, elements);
      }
}

TEST_CASE("dot products of eight rows are what plain loops find, while other rows are asked for") {
  compare_all_shapes<float>();
  compare_all_shapes<cpu::bfloat16_pair>();
}

#if defined(__AVX512F__) && !defined(EIGEN_DONT_VECTORIZE)
static_assert(cpu::can_take_eight_rows<float> && cpu::can_take_eight_rows<cpu::bfloat16_pair>);
#endif
static_assert(!cpu::can_take_eight_rows<double>);

}  // namespace
}  // namespace headwise::test
