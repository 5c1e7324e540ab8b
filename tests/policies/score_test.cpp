// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/score.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/compare.hpp"
#include "support/gradient_check.hpp"
#include "support/random.hpp"

namespace headwise::test {

constexpr token_pair anywhere{3, 1, 0, 0, 5, 5};

static_assert(detail::score_rule<no_score_modification> && detail::score_rule<soft_cap<30>> &&
              detail::score_rule<alibi>);
static_assert(!detail::score_rule<int>);
static_assert(!detail::modifies_scores<no_score_modification> && detail::modifies_scores<alibi>);
static_assert(std::is_same_v<soft_cap<30>, soft_cap<30.0>>);

TEST_CASE("a soft cap bounds scores smoothly and leaves small ones alone") {
  using cap = soft_cap<30>;
  CHECK(cap::modify(0.0, anywhere) == 0.0);
  CHECK(equal_up_to_rounding(cap::modify(30.0, anywhere), 30 * std::tanh(1.0)));
  CHECK(cap::modify(1e6, anywhere) == 30.0);
  CHECK(cap::modify(-1e6, anywhere) == -30.0);
  CHECK(equal_up_to_rounding(cap::modify(1e-3, anywhere), 1e-3 - 1e-9 / (3 * 30 * 30)));
  CHECK(cap::derivative(0.0, anywhere) == 1.0);
  CHECK(cap::derivative(1e6, anywhere) == 0.0);
  static_assert(std::is_same_v<decltype(cap::modify(1.0F, anywhere)), float>, "no detour by another precision");
}

/// Any score rule: is `derivative` the slope of `modify`?
template <typename Rule>
void check_derivative(const Rule& rule, std::uint64_t seed) {
  CAPTURE(seed);
  random_numbers random(seed);
  std::vector<double> scores = random.normals<double>(50, 10);
  const std::vector<double> ones(scores.size(), 1);
  std::vector<double> derivatives;
  for (const double score : scores) derivatives.push_back(rule.derivative(score, anywhere));
  const auto loss = [&] {
    std::vector<double> modified;
    for (const double score : scores) modified.push_back(rule.modify(score, anywhere));
    return weighted_sum{}.add(modified, ones);
  };
  CHECK_GRADIENTS(gradient_check(loss, {{"score", scores, derivatives}}));
}

TEST_CASE("the derivative of a soft cap is its slope") {
  check_derivative(soft_cap<30>{}, 1);
  check_derivative(soft_cap<5>{}, 2);
}

TEST_CASE("the derivative of a linear bias is its slope") { check_derivative(alibi::for_head(1, 8), 3); }

TEST_CASE("the slopes of 8 heads are 1/2, 1/4, ... 1/256") {
  for (int head = 0; head < 8; ++head) CHECK(alibi::slope(head, 8) == std::ldexp(1.0, -(head + 1)));
}

TEST_CASE("the slopes of 16 heads start at 2^(-1/2) and end at 2^-8") {
  CHECK(equal_up_to_rounding(alibi::slope(0, 16), std::sqrt(0.5)));
  CHECK(alibi::slope(1, 16) == 0.5);
  CHECK(alibi::slope(15, 16) == 1.0 / 256);
}

TEST_CASE("12 heads take the slopes of 8 heads, then every second slope of 16") {
  for (int head = 0; head < 8; ++head) CHECK(alibi::slope(head, 12) == std::ldexp(1.0, -(head + 1)));
  for (int i = 0; i < 4; ++i) CHECK(alibi::slope(8 + i, 12) == alibi::slope(2 * i, 16));
}

TEST_CASE("a single head has the slope 2^-8") { CHECK(alibi::slope(0, 1) == 1.0 / 256); }

TEST_CASE("a linear bias grows with the distance back to the key") {
  const alibi::head_rule rule = alibi::for_head(0, 8);
  CHECK(rule.modify(10.0, token_pair{7, 3, 0, 0, 8, 8}) == 10.0 - 0.5 * 4);
  CHECK(rule.modify(10.0, token_pair{7, 7, 0, 0, 8, 8}) == 10.0);
}

TEST_CASE("the rule of a head is what for_head gives, or the policy itself") {
  CHECK(detail::score_rule_of_head(alibi{}, 2, 8).slope == 0.125);
  static_assert(std::is_same_v<decltype(detail::score_rule_of_head(soft_cap<7>{}, 2, 8)), soft_cap<7>>);
}

TEST_CASE("the default scale is one over the root of the head size") {
  // The root and its reciprocal may each miss by a unit in the last place.
  constexpr double unit = std::numeric_limits<double>::epsilon();
  for (int dim = 1; dim <= 600; ++dim) {
    CAPTURE(dim);
    const double exact = 1 / std::sqrt(static_cast<double>(dim));
    CHECK(std::fabs(inverse_root_scale::factor(dim) - exact) <= 2 * unit * exact);
  }
  static_assert(inverse_root_scale::factor(1) == 1.0);
  static_assert(inverse_root_scale::factor(64) == 0.125);
  static_assert(inverse_root_scale::factor(256) == 0.0625);
}

TEST_CASE("a scale may be any number") {
  static_assert(score_scale<0.2>::factor(64) == 0.2);
  static_assert(score_scale<1>::factor(64) == 1.0);
}

}  // namespace headwise::test
