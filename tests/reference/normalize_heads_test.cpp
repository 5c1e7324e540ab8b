// SPDX-License-Identifier: Apache-2.0
#include "headwise/reference/normalize_heads.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>
#include <vector>

#include "support/gradient_check.hpp"
#include "support/head_tensor.hpp"

namespace headwise::test {

using numbers = std::vector<double>;

constexpr norm_settings shared{.epsilon = 0};
constexpr norm_settings per_head{.gain = norm_gain::per_head, .epsilon = 0};
constexpr norm_settings gainless{.gain = norm_gain::none, .epsilon = 0};
constexpr norm_settings whole{.gain = norm_gain::none, .groups = 1, .epsilon = 0};
constexpr norm_settings doubled{.gain = norm_gain::none, .factor = 2, .epsilon = 0};
constexpr norm_settings softened{.gain = norm_gain::none, .epsilon = 3.5};

/// One token with two heads of four features, all of root mean square 2 and 4.
const numbers two_heads = {2, -2, 2, 2, 4, 4, -4, 4};

template <norm_settings Settings>
numbers normalized(const numbers& x, const numbers& gain = {}) {
  numbers y(x.size(), -7.0);
  reference::normalize_heads<Settings>(batch_token_head_view<2, 4>(x.data(), 1, 1), gain,
                                       batch_token_head_view<2, 4>(y.data(), 1, 1));
  return y;
}

TEST_CASE("every head is divided by its own root mean square") {
  CHECK(normalized<gainless>(two_heads) == numbers{1, -1, 1, 1, 1, 1, -1, 1});
}

TEST_CASE("a shared gain multiplies the features of every head alike") {
  CHECK(normalized<shared>(two_heads, {1, 2, 3, 4}) == numbers{1, -2, 3, 4, 1, 2, -3, 4});
}

TEST_CASE("a gain per head has a number for every feature of every head") {
  CHECK(normalized<per_head>(two_heads, {1, 2, 3, 4, 5, 6, 7, 8}) == numbers{1, -2, 3, 4, 5, 6, -7, 8});
}

TEST_CASE("one group normalises the whole concatenation") {
  // The mean square over both heads is 128 / 8.
  CHECK(normalized<whole>({10, 5, -1, 1, 1, 0, 0, 0}) == numbers{2.5, 1.25, -0.25, 0.25, 0.25, 0, 0, 0});
}

TEST_CASE("the factor multiplies the result") {
  CHECK(normalized<doubled>(two_heads) == numbers{2, -2, 2, 2, 2, 2, -2, 2});
}

TEST_CASE("epsilon is added to the mean square, under the root") {
  // sqrt(8.75 + 3.5) = 3.5 for a head of mean square 8.75 = (1 + 9 + 25 + 0) / 4.
  const numbers y = normalized<softened>({1, 3, 5, 0, 0, 0, 0, 0});
  const numbers expected = {1 / 3.5, 3 / 3.5, 5 / 3.5, 0, 0, 0, 0, 0};
  CHECK(equal_up_to_rounding(y, expected, 1));
}

TEST_CASE("an all-zero head stays zero, and so does its gradient without epsilon") {
  const numbers x = {0, 0, 0, 0, 2, 2, 2, 2};
  CHECK(normalized<gainless>(x) == numbers{0, 0, 0, 0, 1, 1, 1, 1});
  const numbers upstream = {1, 2, 3, 4, 1, 0, 0, 0};
  numbers gradient(8, -7.0);
  reference::normalize_heads_backward<gainless>(batch_token_head_view<2, 4>(x.data(), 1, 1), {},
                                                batch_token_head_view<2, 4>(upstream.data(), 1, 1),
                                                batch_token_head_view<2, 4>(gradient.data(), 1, 1), {});
  // The other head: r u - x r^3 mean(u x) = (0.5, 0, 0, 0) - 2 / 8 * 2 / 4.
  CHECK(gradient == numbers{0, 0, 0, 0, 0.375, -0.125, -0.125, -0.125});
}

TEST_CASE("an all-zero head with epsilon has the gradient of a plain factor") {
  const numbers x(8, 0.0);
  const numbers upstream = {1, 2, 3, 4, 5, 6, 7, 8};
  numbers gradient(8, -7.0);
  constexpr norm_settings quarter{.gain = norm_gain::none, .epsilon = 16};
  reference::normalize_heads_backward<quarter>(batch_token_head_view<2, 4>(x.data(), 1, 1), {},
                                               batch_token_head_view<2, 4>(upstream.data(), 1, 1),
                                               batch_token_head_view<2, 4>(gradient.data(), 1, 1), {});
  CHECK(gradient == numbers{0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2});
}

TEST_CASE_TEMPLATE("heads of any size a number can have are normalised, and have the gradient of that size", Scalar,
                   float, double) {
  // A power of two far below one, whose square is still a normal number and whose cube is none.
  const Scalar tiny = std::is_same_v<Scalar, float> ? std::ldexp(Scalar(1), -55) : std::ldexp(Scalar(1), -450);
  const std::vector<Scalar> x = {tiny, tiny, tiny, tiny, Scalar(2), Scalar(2), Scalar(2), Scalar(2)};
  const std::vector<Scalar> upstream = {tiny, 0, 0, 0, 1, 0, 0, 0};
  std::vector<Scalar> y(8);
  std::vector<Scalar> gradient(8);
  const auto view = [](auto& values) { return batch_token_head_view<2, 4>(values.data(), 1, 1); };
  reference::normalize_heads<gainless>(view(x), {}, view(y));
  CHECK(y == std::vector<Scalar>(8, Scalar(1)));
  reference::normalize_heads_backward<gainless>(view(x), {}, view(upstream), view(gradient), {});
  // 1 / tiny * (u - mean(u)), with u = (tiny, 0, 0, 0).
  CHECK(gradient == std::vector<Scalar>{Scalar(0.75), Scalar(-0.25), Scalar(-0.25), Scalar(-0.25), Scalar(0.375),
                                        Scalar(-0.125), Scalar(-0.125), Scalar(-0.125)});
}

template <norm_settings Settings>
struct with_settings {
  static constexpr norm_settings settings = Settings;
};

TEST_CASE_TEMPLATE("the backward of a norm is its gradient", Case, with_settings<shared>, with_settings<per_head>,
                   with_settings<gainless>, with_settings<whole>, with_settings<doubled>, with_settings<softened>,
                   with_settings<norm_settings{.gain = norm_gain::per_head, .groups = 2, .factor = 0.5}>) {
  constexpr norm_settings settings = Case::settings;
  constexpr int heads = 4;
  constexpr int dim = 6;
  constexpr std::uint64_t seed = 22;
  CAPTURE(seed);
  random_numbers random(seed);
  auto x = random_tensor<double, heads, dim>(2, 3, random);
  auto gain = random.normals<double>(settings.gains(heads, dim));
  const auto upstream = random_tensor<double, heads, dim>(2, 3, random);

  head_tensor<double, heads, dim> x_gradient(2, 3);
  numbers gain_gradient(gain.size(), 50.0);  // gradients are added to what is there
  reference::normalize_heads_backward<settings>(x.view(), gain, upstream.view(), x_gradient.view(), gain_gradient);
  for (double& value : gain_gradient) value -= 50;

  head_tensor<double, heads, dim> y(2, 3);
  const auto loss = [&] {
    reference::normalize_heads<settings>(x.view(), gain, y.view());
    return weighted_sum{}.add(values_of(y), values_of(upstream));
  };
  std::vector<checked_parameter> parameters = {{"x", x.storage(), values_of(x_gradient)}};
  if (!gain.empty()) parameters.push_back({"gain", gain, gain_gradient});
  CHECK_GRADIENTS(gradient_check(loss, parameters));
}

}  // namespace headwise::test
