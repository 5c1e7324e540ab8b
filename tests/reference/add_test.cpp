// SPDX-License-Identifier: Apache-2.0
#include "headwise/reference/add.hpp"

#include <doctest/doctest.h>

#include <span>
#include <vector>

namespace headwise::test {

TEST_CASE("numbers are added to sums one by one") {
  const std::vector<double> numbers = {1, 2, 4};
  std::vector<double> sums = {10, -2, 0.5};
  reference::add(numbers, std::span<double>(sums));
  CHECK(sums == std::vector<double>{11, 0, 4.5});
}

TEST_CASE("numbers of 16 bits are added in float and rounded once") {
  const std::vector<bfloat16> numbers = {bfloat16(1.0F), bfloat16(0.0078125F)};
  std::vector<bfloat16> sums = {bfloat16(256.0F), bfloat16(1.0F)};
  reference::add(numbers, std::span<bfloat16>(sums));
  CHECK(static_cast<float>(sums[0]) == 256.0F);  // 257 is no number of 8 bits
  CHECK(static_cast<float>(sums[1]) == 1.0078125F);
}

}  // namespace headwise::test
