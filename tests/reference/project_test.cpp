// SPDX-License-Identifier: Apache-2.0
#include "headwise/reference/project.hpp"
#include "headwise/core/result_write.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "support/gradient_check.hpp"
#include "support/random.hpp"

namespace headwise::test {

using numbers = std::vector<double>;

token_view<const double> tokens(const numbers& values, std::int64_t count, std::int64_t width) {
  return batch_token_view(values.data(), 1, count, width);
}
token_view<double> tokens(numbers& values, std::int64_t count, std::int64_t width) {
  return batch_token_view(values.data(), 1, count, width);
}

const numbers x = {1, 2, 3, 4};                 // two tokens of two features
const numbers weight = {1, 10, 100, 2, 0, -1};  // [2][3]

TEST_CASE("a projection multiplies every token with the matrix") {
  numbers y(6, -7.0);
  reference::project(tokens(x, 2, 2), weight, {}, tokens(y, 2, 3));
  CHECK(y == numbers{5, 10, 98, 11, 30, 296});
}

TEST_CASE("a bias is added to every token") {
  numbers y(6, -7.0);
  reference::project(tokens(x, 2, 2), weight, numbers{0.5, 0, -8}, tokens(y, 2, 3));
  CHECK(y == numbers{5.5, 10, 90, 11.5, 30, 288});
}

TEST_CASE("the gradient of the input overwrites, or adds") {
  const numbers y_gradient = {1, 0, 1, 0, 1, 0};
  numbers x_gradient(4, 1000.0);
  reference::project_backward_input(tokens(y_gradient, 2, 3), weight, tokens(x_gradient, 2, 2), result_write::add);
  CHECK(x_gradient == numbers{1101, 1001, 1010, 1000});
  reference::project_backward_input(tokens(y_gradient, 2, 3), weight, tokens(x_gradient, 2, 2),
                                    result_write::overwrite);
  CHECK(x_gradient == numbers{101, 1, 10, 0});
}

TEST_CASE("the gradients of the parameters are added to what is there, or overwrite it") {
  const numbers y_gradient = {1, 0, 1, 0, 1, 0};
  numbers weight_gradient(6, 100.0);
  numbers bias_gradient(3, 100.0);
  const auto backward = [&](result_write write) {
    reference::project_backward_parameters(tokens(x, 2, 2), tokens(y_gradient, 2, 3),
                                           std::span<double>(weight_gradient), bias_gradient, write);
  };
  backward(result_write::add);
  CHECK(weight_gradient == numbers{101, 103, 101, 102, 104, 102});
  CHECK(bias_gradient == numbers{101, 101, 101});
  backward(result_write::overwrite);
  CHECK(weight_gradient == numbers{1, 3, 1, 2, 4, 2});
  CHECK(bias_gradient == numbers{1, 1, 1});
}

TEST_CASE("the backward of a projection is its gradient") {
  constexpr std::uint64_t seed = 24;
  CAPTURE(seed);
  random_numbers random(seed);
  auto input = random.normals<double>(3 * 4);
  auto matrix = random.normals<double>(4 * 5);
  auto bias = random.normals<double>(5);
  const auto upstream = random.normals<double>(3 * 5);
  numbers input_gradient(input.size());
  numbers matrix_gradient(matrix.size());
  numbers bias_gradient(bias.size());
  reference::project_backward_input(tokens(upstream, 3, 5), matrix, tokens(input_gradient, 3, 4),
                                    result_write::overwrite);
  reference::project_backward_parameters(tokens(input, 3, 4), tokens(upstream, 3, 5),
                                         std::span<double>(matrix_gradient), bias_gradient, result_write::overwrite);
  numbers y(15);
  const auto loss = [&] {
    reference::project(tokens(input, 3, 4), matrix, bias, tokens(y, 3, 5));
    return weighted_sum{}.add(y, upstream);
  };
  CHECK_GRADIENTS(gradient_check(
      loss, {{"x", input, input_gradient}, {"weight", matrix, matrix_gradient}, {"bias", bias, bias_gradient}}));
}

}  // namespace headwise::test
