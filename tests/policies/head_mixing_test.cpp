// SPDX-License-Identifier: Apache-2.0
#include "headwise/policies/head_mixing.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "support/compare.hpp"
#include "support/gradient_check.hpp"
#include "support/random.hpp"

namespace headwise::test {

struct means_of_pairs {
  static constexpr double weight(int component, int composite) { return component / 2 == composite ? 0.5 : 0.0; }
};

static_assert(linear_mixing::parameters<3, 5> == 15);
static_assert(low_rank_mixing<2>::parameters<3, 5> == 16);
static_assert(fixed_mixing<means_of_pairs>::parameters<3, 5> == 0);
static_assert(no_mixing::parameters<3, 3> == 0);
static_assert(linear_mixing::mixes && low_rank_mixing<2>::mixes && fixed_mixing<means_of_pairs>::mixes &&
              !no_mixing::mixes);
static_assert(detail::mixing_kind<linear_mixing> && detail::mixing_kind<low_rank_mixing<1>> &&
              detail::mixing_kind<fixed_mixing<means_of_pairs>> && detail::mixing_kind<no_mixing>);
static_assert(!detail::mixing_kind<int>);
static_assert(detail::rank_fits<low_rank_mixing<3>, 3, 5> && !detail::rank_fits<low_rank_mixing<4>, 3, 5> &&
              !detail::rank_fits<low_rank_mixing<4>, 5, 3> && detail::rank_fits<linear_mixing, 3, 5>);
static_assert(std::is_same_v<linear_head_mixing::slot, slots<key_mixing_slot, value_mixing_slot>>);
static_assert(std::is_same_v<linear_key_mixing::slot, key_mixing_slot>);
static_assert(std::is_same_v<low_rank_value_mixing<2>::slot, value_mixing_slot>);
static_assert(std::is_same_v<fixed_key_mixing<means_of_pairs>::kind, fixed_mixing<means_of_pairs>>);

template <typename Kind, int C, int G>
std::vector<double> formed(const std::vector<double>& parameters) {
  std::vector<double> weight(C * G, -1.0);
  Kind::template form<C, G>(parameters.data(), weight.data());
  return weight;
}

template <typename Kind, int C, int G>
std::vector<double> initial_weight() {
  std::vector<double> parameters(Kind::template parameters<C, G>, -1.0);
  Kind::template initialize<C, G>(parameters.data());
  return formed<Kind, C, G>(parameters);
}

using numbers = std::vector<double>;

TEST_CASE("a linear mixing is its own parameters") {
  CHECK(formed<linear_mixing, 2, 3>({1, 2, 3, 4, 5, 6}) == numbers{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a mixing of rank one is an outer product") {
  CHECK(formed<low_rank_mixing<1>, 2, 3>({2, 3, 1, 10, 100}) == numbers{2, 20, 200, 3, 30, 300});
}

TEST_CASE("a mixing of rank two is the sum of two outer products") {
  // A = [[1, 2], [3, 4]], B = [[1, 0], [0, 1], [1, 1]]: W = A B^T.
  CHECK(formed<low_rank_mixing<2>, 2, 3>({1, 2, 3, 4, 1, 0, 0, 1, 1, 1}) == numbers{1, 2, 3, 3, 4, 7});
}

TEST_CASE("a fixed mixing is its matrix") {
  CHECK(formed<fixed_mixing<means_of_pairs>, 4, 2>({}) == numbers{0.5, 0, 0.5, 0, 0, 0.5, 0, 0.5});
}

TEST_CASE("mixing starts as the identity where there are as many components as composites") {
  const numbers identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  CHECK(initial_weight<linear_mixing, 3, 3>() == identity);
  CHECK(initial_weight<low_rank_mixing<3>, 3, 3>() == identity);
}

TEST_CASE("with fewer components every composite starts as one component, in block order") {
  CHECK(initial_weight<linear_mixing, 2, 4>() == numbers{1, 1, 0, 0, 0, 0, 1, 1});
}

TEST_CASE("with more components those that meet in a composite keep the variance") {
  const double half = 1 / std::sqrt(2.0);
  CHECK(initial_weight<linear_mixing, 4, 2>() == numbers{half, 0, half, 0, 0, half, 0, half});
  const numbers uneven = initial_weight<linear_mixing, 5, 2>();
  for (std::size_t g = 0; g < 2; ++g) {
    double squares = 0;
    for (std::size_t c = 0; c < 5; ++c) squares += uneven[c * 2 + g] * uneven[c * 2 + g];
    CHECK(equal_up_to_rounding(squares, 1));
  }
}

TEST_CASE("a low-rank mixing starts with its rank in different composites") {
  CHECK(initial_weight<low_rank_mixing<1>, 2, 2>() ==
        numbers{1 / std::sqrt(2.0), 1 / std::sqrt(2.0), 1 / std::sqrt(2.0), 1 / std::sqrt(2.0)});
  CHECK(initial_weight<low_rank_mixing<2>, 2, 4>() == numbers{1, 1, 0, 0, 0, 0, 1, 1});
}

template <typename Kind, int C, int G>
struct mixing_shape {
  using kind = Kind;
  static constexpr int components = C;
  static constexpr int composites = G;
};

TEST_CASE_TEMPLATE("the backward of a mixing kind is the gradient of its matrix", Shape,
                   mixing_shape<linear_mixing, 3, 4>, mixing_shape<low_rank_mixing<1>, 3, 4>,
                   mixing_shape<low_rank_mixing<2>, 4, 3>, mixing_shape<low_rank_mixing<3>, 3, 3>) {
  using kind = typename Shape::kind;
  constexpr int C = Shape::components;
  constexpr int G = Shape::composites;
  constexpr std::uint64_t seed = 5;
  CAPTURE(seed);
  random_numbers random(seed);
  auto parameters = random.normals<double>(kind::template parameters<C, G>);
  const auto weight_gradient = random.normals<double>(C * G);
  // What is there already stays there: gradients are added.
  numbers gradient(parameters.size(), 10.0);
  kind::template backward<C, G>(parameters.data(), weight_gradient.data(), gradient.data());
  for (double& value : gradient) value -= 10;
  const auto loss = [&] { return weighted_sum{}.add(formed<kind, C, G>(parameters), weight_gradient); };
  CHECK_GRADIENTS(gradient_check(loss, {{"parameters", parameters, gradient}}));
}

TEST_CASE("a fixed mixing learns nothing") {
  double untouched = 3;
  const double gradient[] = {1, 1, 1, 1};
  fixed_mixing<means_of_pairs>::backward<2, 2>(&untouched, gradient, &untouched);
  fixed_mixing<means_of_pairs>::initialize<2, 2>(&untouched);
  CHECK(untouched == 3);
}

}  // namespace headwise::test
