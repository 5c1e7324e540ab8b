// SPDX-License-Identifier: Apache-2.0
#include "headwise/reference/mix_heads.hpp"
#include "headwise/core/result_write.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "support/gradient_check.hpp"
#include "support/head_tensor.hpp"

namespace headwise::test {

using numbers = std::vector<double>;

TEST_CASE("two components make three composites") {
  // One token with the components (1, 2) and (10, 20).
  const numbers components = {1, 2, 10, 20};
  const numbers weight = {1, 0, 2, 0, 1, -1};  // [2][3]
  numbers composites(6, -7.0);
  reference::mix_heads(batch_token_head_view<2, 2>(components.data(), 1, 1), weight,
                       batch_token_head_view<3, 2>(composites.data(), 1, 1));
  CHECK(composites == numbers{1, 2, 10, 20, 2 - 10, 4 - 20});
}

TEST_CASE("every token of every sequence is mixed with the same weights") {
  const numbers components = {1, 2, 3, 4};  // [2][2][1][1]
  const numbers weight = {10, 100};         // [1][2]
  numbers composites(8);
  reference::mix_heads(batch_token_head_view<1, 1>(components.data(), 2, 2), weight,
                       batch_token_head_view<2, 1>(composites.data(), 2, 2));
  CHECK(composites == numbers{10, 100, 20, 200, 30, 300, 40, 400});
}

TEST_CASE("the backward overwrites the components' gradient, or adds to it, and adds to that of the weights") {
  const numbers components = {1, 2, 10, 20};
  const numbers weight = {1, 0, 2, 0, 1, -1};
  const numbers composite_gradient = {1, 1, 2, 0, 0, 3};  // heads (1, 1), (2, 0), (0, 3)
  numbers component_gradient(4, -7.0);
  numbers weight_gradient(6, 100.0);
  const auto backward = [&](result_write write) {
    reference::mix_heads_backward(batch_token_head_view<2, 2>(components.data(), 1, 1), weight,
                                  batch_token_head_view<3, 2>(composite_gradient.data(), 1, 1),
                                  batch_token_head_view<2, 2>(component_gradient.data(), 1, 1), write, weight_gradient);
  };
  backward(result_write::overwrite);
  // 1 * (1, 1) + 0 * (2, 0) + 2 * (0, 3), then 0 * (1, 1) + 1 * (2, 0) - 1 * (0, 3).
  CHECK(component_gradient == numbers{1, 7, 2, -3});
  // <(1, 2), each>, then <(10, 20), each>.
  CHECK(weight_gradient == numbers{103, 102, 106, 130, 120, 160});
  backward(result_write::add);
  CHECK(component_gradient == numbers{2, 14, 4, -6});
  CHECK(weight_gradient == numbers{106, 104, 112, 160, 140, 220});
}

TEST_CASE("the backward of mixing is its gradient") {
  constexpr int C = 3;
  constexpr int G = 4;
  constexpr int D = 5;
  constexpr std::uint64_t seed = 21;
  CAPTURE(seed);
  random_numbers random(seed);
  auto components = random_tensor<double, C, D>(2, 3, random);
  auto weight = random.normals<double>(C * G);
  const auto upstream = random_tensor<double, G, D>(2, 3, random);

  head_tensor<double, C, D> component_gradient(2, 3);
  numbers weight_gradient(C * G);
  reference::mix_heads_backward(components.view(), weight, upstream.view(), component_gradient.view(),
                                result_write::overwrite, weight_gradient);

  head_tensor<double, G, D> composites(2, 3);
  const auto loss = [&] {
    reference::mix_heads(components.view(), weight, composites.view());
    return weighted_sum{}.add(values_of(composites), values_of(upstream));
  };
  CHECK_GRADIENTS(gradient_check(loss, {{"components", components.storage(), values_of(component_gradient)},
                                        {"weight", weight, weight_gradient}}));
}

}  // namespace headwise::test
