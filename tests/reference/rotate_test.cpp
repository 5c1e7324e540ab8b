// SPDX-License-Identifier: Apache-2.0
#include "headwise/reference/rotate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "headwise/policies/positions.hpp"
#include "support/gradient_check.hpp"
#include "support/head_tensor.hpp"

namespace headwise::test {

using numbers = std::vector<double>;
using half_split = rotary<>;
using interleaved = rotary<rotary_settings{.pairing = rotary_pairing::interleaved}>;

/// Turns by a right angle and by none: pair i turns by base^(-2i/D), so base = (2/pi)^2 makes pair 1 of 4 features turn
/// by pi/2 per position while pair 0 turns by 1 radian.
constexpr double half_pi = 1.5707963267948966;
using right_angles = rotary<rotary_settings{.base = 1 / (half_pi * half_pi)}>;

template <typename Positions>
numbers rotated(const numbers& x, std::int64_t tokens, const std::vector<std::int64_t>& first_positions = {}) {
  numbers y(x.size(), -7.0);
  reference::rotate<Positions>(batch_token_head_view<1, 4>(x.data(), 1, tokens), first_positions,
                               batch_token_head_view<1, 4>(y.data(), 1, tokens));
  return y;
}

TEST_CASE("the first token is not turned") { CHECK(rotated<half_split>({1, 2, 3, 4}, 1) == numbers{1, 2, 3, 4}); }

TEST_CASE("half-split turns feature i with feature i + D/2") {
  const numbers y = rotated<half_split>({0, 0, 0, 0, 1, 10, 2, 20}, 2);
  const double c = std::cos(1.0);
  const double s = std::sin(1.0);
  const double slow_c = std::cos(0.01);
  const double slow_s = std::sin(0.01);
  const numbers expected = {
      0, 0, 0, 0, 1 * c - 2 * s, 10 * slow_c - 20 * slow_s, 1 * s + 2 * c, 10 * slow_s + 20 * slow_c};
  CHECK(equal_up_to_rounding(y, expected, 30));
}

TEST_CASE("interleaved turns neighbouring features") {
  const numbers y = rotated<interleaved>({1, 2, 10, 20}, 1, {3});
  const double c = std::cos(3.0);
  const double s = std::sin(3.0);
  const double slow_c = std::cos(0.03);
  const double slow_s = std::sin(0.03);
  const numbers expected = {1 * c - 2 * s, 1 * s + 2 * c, 10 * slow_c - 20 * slow_s, 10 * slow_s + 20 * slow_c};
  CHECK(equal_up_to_rounding(y, expected, 30));
}

TEST_CASE("a right angle exchanges the features of a pair, one with a minus") {
  // Features 1 and 3 are pair 1, at right angles; features 0 and 2 are zero and stay zero.
  const numbers y = rotated<right_angles>({0, 5, 0, 7}, 1, {1});
  CHECK(equal_up_to_rounding(y, numbers{0, -7, 0, 5}, 12));
}

TEST_CASE("every sequence starts at its own position") {
  const numbers x = {1, 2, 3, 4, 1, 2, 3, 4};
  numbers y(8);
  const std::vector<std::int64_t> starts = {5, 0};
  reference::rotate<half_split>(batch_token_head_view<1, 4>(x.data(), 2, 1), starts,
                                batch_token_head_view<1, 4>(y.data(), 2, 1));
  CHECK(numbers(y.begin(), y.begin() + 4) == rotated<half_split>({1, 2, 3, 4}, 1, {5}));
  CHECK(numbers(y.begin() + 4, y.end()) == numbers{1, 2, 3, 4});
}

TEST_CASE("turning works in place") {
  numbers x = {1, 2, 3, 4, 5, 6, 7, 8};
  const numbers expected = rotated<half_split>(x, 2);
  const auto view = batch_token_head_view<1, 4>(x.data(), 1, 2);
  reference::rotate<half_split>(view, {}, view);
  CHECK(x == expected);
}

TEST_CASE("the backward turns back") {
  const numbers x = {1, 2, 3, 4, 5, 6, 7, 8};
  const numbers y = rotated<half_split>(x, 2, {40});
  numbers back(8);
  const std::vector<std::int64_t> starts = {40};
  reference::rotate_backward<half_split>(batch_token_head_view<1, 4>(y.data(), 1, 2), starts,
                                         batch_token_head_view<1, 4>(back.data(), 1, 2));
  CHECK(equal_up_to_rounding(back, x, 16));
}

TEST_CASE_TEMPLATE("the backward of rotation is its gradient", Positions, half_split, interleaved) {
  constexpr std::uint64_t seed = 23;
  CAPTURE(seed);
  random_numbers random(seed);
  auto x = random_tensor<double, 2, 6>(2, 3, random);
  const auto upstream = random_tensor<double, 2, 6>(2, 3, random);
  const std::vector<std::int64_t> starts = {4, 0};
  head_tensor<double, 2, 6> x_gradient(2, 3);
  reference::rotate_backward<Positions>(upstream.view(), starts, x_gradient.view());
  head_tensor<double, 2, 6> y(2, 3);
  const auto loss = [&] {
    reference::rotate<Positions>(x.view(), starts, y.view());
    return weighted_sum{}.add(values_of(y), values_of(upstream));
  };
  CHECK_GRADIENTS(gradient_check(loss, {{"x", x.storage(), values_of(x_gradient)}}));
}

}  // namespace headwise::test
