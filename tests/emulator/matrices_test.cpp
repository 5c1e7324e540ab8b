// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "emulator/settings.hpp"
#include "support/compare.hpp"
#include "support/matrix_factors.hpp"

namespace headwise::test {

// How the emulator sums products; what they are of is tested for every device.

template <typename T>
factors<T> random_factors() {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> numbers(-2, 2);
  return factors_of<T>([&] { return numbers(random); });
}

TEST_CASE_TEMPLATE("each element is summed in the order of k", T, bfloat16, float16) {
  check_product(random_factors<T>());
}

TEST_CASE("sums that are cut off lose what lies below the largest term's last bit, and no more") {
  const auto x = random_factors<bfloat16>();
  const std::vector<float> rounded = multiplied(x);
  emulator::set_cut_sums(true);
  const std::vector<float> cut = multiplied(x);
  factors<bfloat16> few{};
  few.a[0][0] = bfloat16(1.0F);
  few.b[0][0] = bfloat16(1.0F);
  few.a[0][1] = bfloat16(0x1p-12F);
  few.b[1][0] = bfloat16(0x1.8p-12F);
  few.c[1][0] = -1;
  few.a[1][3] = few.b[3][0] = bfloat16(0x1.8p-12F);
  const std::vector<float> of_few = multiplied(few);
  emulator::set_cut_sums(false);
  CHECK(of_few[0] == 1.0F);
  CHECK(of_few[8] == -1.0F + 0x2p-24F);
  CHECK(cut != rounded);
  CHECK(equal_up_to_rounding(cut, rounded, 16 * 2 * 2 + 2));
}

}  // namespace headwise::test
