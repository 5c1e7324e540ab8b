// SPDX-License-Identifier: Apache-2.0
#include "training/adamw.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace language_model {
namespace {

TEST_CASE("the first update of AdamW goes by the rate against the sign of the gradient, and shrinks matrices") {
  parameter<float> matrix({1, 2}, 5.0F);
  parameter<float> gain({2}, 5.0F);
  matrix.gradient = {0.25F, -400.0F};
  gain.gradient = {0.25F, 0.0F};
  const std::vector<parameter_view<float>> both = {matrix.view("matrix"), gain.view("gain")};
  adamw optimizer(both, {.weight_decay = 0.5});
  optimizer.update(both, 1, 0.1, 1);
  CHECK(matrix.values[0] == doctest::Approx(5 * (1 - 0.1 * 0.5) - 0.1));
  CHECK(matrix.values[1] == doctest::Approx(5 * (1 - 0.1 * 0.5) + 0.1));
  CHECK(gain.values[0] == doctest::Approx(5 - 0.1));
  CHECK(gain.values[1] == 5);
}

TEST_CASE("the second update of AdamW is the one computed by hand") {
  parameter<float> gain({1}, 0.0F);
  const std::vector<parameter_view<float>> one = {gain.view("gain")};
  adamw optimizer(one);
  gain.gradient = {2.0F};
  optimizer.update(one, 1, 0, 1);
  gain.gradient = {8.0F};
  optimizer.update(one, 2, 1, 0.5);  // the gradient counts as 4
  const double first = (0.9 * 0.1 * 2 + 0.1 * 4) / (1 - 0.81);
  const double second = (0.95 * 0.05 * 4 + 0.05 * 16) / (1 - 0.9025);
  CHECK(gain.values[0] == doctest::Approx(-first / std::sqrt(second)));
}

TEST_CASE("the global norm takes all gradients together") {
  parameter<float> a({17});
  parameter<float> b({1});
  a.gradient[3] = 1;
  a.gradient[16] = 2;
  b.gradient[0] = -2;
  CHECK(global_gradient_norm({a.view("a"), b.view("b")}) == 3);
}

}  // namespace
}  // namespace language_model
