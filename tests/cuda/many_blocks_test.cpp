// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "headwise/cuda/mix_heads.cuh"
#include "headwise/cuda/rotate.cuh"
#include "headwise/policies/positions.hpp"
#include "headwise/reference/rotate.hpp"
#include "support/compare.hpp"
#include "support/device_mirror.hpp"
#include "support/head_tensor.hpp"
#include "support/random.hpp"

namespace headwise::test {

// A grid ends at 65,535 blocks in all its axes but the first.

TEST_CASE("more sequences than a grid's other axes hold are rotated") {
  constexpr std::int64_t sequences = 65600;
  random_numbers random(251);
  const auto x = random_tensor<float, 1, 2>(sequences, 1, random);
  std::vector<std::int64_t> starts(sequences);
  for (std::int64_t b = 0; b < sequences; ++b) starts[static_cast<std::size_t>(b)] = b;
  head_tensor<float, 1, 2> y(sequences, 1);
  head_tensor<float, 1, 2> expected(sequences, 1);
  run_mirrored([](cuda_workspace& w, auto... a) { cuda::rotate<rotary<>>(a..., w); }, x.view(),
               std::span<const std::int64_t>(starts), y.view());
  reference::rotate<rotary<>>(x.view(), starts, expected.view());
  CHECK(equal_up_to_rounding(values_of(y), values_of(expected), 10));
}

TEST_CASE("more tokens than 65,535 blocks hold are mixed") {
  constexpr std::int64_t tokens = std::int64_t{65600} * 256;
  std::vector<float> x(tokens);
  for (std::int64_t n = 0; n < tokens; ++n) x[static_cast<std::size_t>(n)] = static_cast<float>(n % 1021);
  std::vector<float> y(tokens, -1.0F);
  const std::vector<float> weight = {2};
  run_mirrored(
      [](cuda_workspace& w, auto from, auto by, auto to) {
        cuda::mix_heads(batch_token_head_view<1, 1>(from.data(), 1, tokens), by,
                        batch_token_head_view<1, 1>(to.data(), 1, tokens), w);
      },
      std::span<const float>(x), std::span<const float>(weight), std::span<float>(y));
  for (float& value : x) value *= 2;
  CHECK(bitwise_equal(y, x));
}

}  // namespace headwise::test
