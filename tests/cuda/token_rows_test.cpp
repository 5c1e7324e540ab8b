// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/token_rows.cuh"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "headwise/cuda/device_memory.cuh"

namespace headwise::test {

/// Rows of two sequences of three tokens, with a gap behind every row, that start `offset` numbers into a buffer.
struct padded_rows {
  std::int64_t width;
  std::int64_t offset;
  std::int64_t gap;

  std::int64_t step() const { return width + gap; }
  std::size_t size() const { return static_cast<std::size_t>(offset + 6 * step()); }
  template <typename T>
  token_view<T> of(T* data) const {
    return {data + offset, 2, 3, width, 3 * step(), step()};
  }
};

template <typename T>
void check_rows(std::int64_t width, std::int64_t offset, std::int64_t gap) {
  CAPTURE(width);
  CAPTURE(offset);
  CAPTURE(gap);
  const padded_rows rows{width, offset, gap};
  std::vector<T> numbers(rows.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = T(static_cast<float>(i % 251));
  const std::vector<T> zeros(rows.size());
  device_buffer<T> from;
  from.assign(numbers);
  device_buffer<T> to;
  to.assign(zeros);
  cuda_workspace workspace({}, 0);
  cuda::copy_token_rows<T>(rows.of<const T>(from.data()), rows.of(to.data()), workspace);
  auto expected = zeros;
  const auto expect = [&](const auto& number) {
    for (std::int64_t row = 0; row < 6; ++row)
      for (std::int64_t column = 0; column < width; ++column) {
        const auto i = static_cast<std::size_t>(offset + row * rows.step() + column);
        expected[i] = number(i, static_cast<std::size_t>(column));
      }
  };
  expect([&](std::size_t i, std::size_t) { return numbers[i]; });
  CHECK(to.values() == expected);
  // The first numbers, as one row for all.
  cuda::fill_token_rows<T>(rows.of(to.data()), from.data(), workspace);
  expect([&](std::size_t, std::size_t column) { return numbers[column]; });
  CHECK(to.values() == expected);
  cuda::fill_token_rows<T>(rows.of(to.data()), nullptr, workspace);
  CHECK(to.values() == zeros);
}

TEST_CASE_TEMPLATE("rows are copied and filled, whole pieces of them and single numbers", T, float, double, bfloat16) {
  for (const std::int64_t width : {0, 1, 7, 8, 64, 1200, 2056}) {
    check_rows<T>(width, 0, 0);
    check_rows<T>(width, 8, 16);
    check_rows<T>(width, 1, 0);
    check_rows<T>(width, 8, 3);
  }
}

}  // namespace headwise::test
