// SPDX-License-Identifier: Apache-2.0
#include "model/cross_entropy.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace language_model {
namespace {

TEST_CASE("cross-entropy of equal logits is the logarithm of their number") {
  std::vector<double> logits(std::size_t{2} * vocabulary, 3.0);
  const std::vector<std::uint8_t> targets = {0, 255};
  CHECK(cross_entropy<false>(logits.data(), targets) == doctest::Approx(std::log(256.0)));
}

TEST_CASE("cross-entropy survives logits whose exponentials do not") {
  std::vector<float> logits(vocabulary, -1000.0F);
  logits[65] = 1000;
  const std::vector<std::uint8_t> target = {65};
  const std::vector<std::uint8_t> other = {66};
  CHECK(cross_entropy<false>(logits.data(), target) == 0);
  CHECK(cross_entropy<false>(logits.data(), other) == 2000);
}

TEST_CASE("the gradient of cross-entropy is softmax minus the target, over the number of tokens") {
  std::vector<double> logits(std::size_t{2} * vocabulary, 0.0);
  logits[7] = std::log(3.0);  // three times as likely as each of the 255 others
  const std::vector<std::uint8_t> targets = {7, 0};
  const double loss = cross_entropy<true>(logits.data(), targets);
  CHECK(loss == doctest::Approx((std::log(258.0 / 3) + std::log(256.0)) / 2));
  CHECK(logits[7] == doctest::Approx((3.0 / 258 - 1) / 2));
  CHECK(logits[8] == doctest::Approx(1.0 / 258 / 2));
  CHECK(std::fabs(std::accumulate(logits.begin(), logits.end(), 0.0)) < 1e-15);
}

}  // namespace
}  // namespace language_model
