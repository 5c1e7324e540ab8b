// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "headwise/core/result_write.hpp"
#include "headwise/cuda/append_heads.cuh"
#include "headwise/cuda/mix_heads.cuh"
#include "headwise/cuda/normalize_heads.cuh"
#include "headwise/cuda/normalize_heads_backward.cuh"
#include "headwise/cuda/rotate.cuh"
#include "headwise/policies/positions.hpp"
#include "support/compare.hpp"
#include "support/far_device_tensor.hpp"
#include "support/mirrored_cuda_backend.hpp"
#include "support/random.hpp"

namespace headwise::test {

constexpr int H = 2;
constexpr int D = 8;
constexpr norm_settings own_gains{.gain = norm_gain::per_head};
using heads = head_tensor<bfloat16, H, D>;
using far_heads = far_device_tensor<bfloat16, H, D>;

/// A far input and a far output give what near ones give.
template <typename Near, typename Far>
void check_far(far_axis axis, const heads& x, const Near& near, const Far& far) {
  heads y(2, 2);
  host_workspace host;
  near(x.view(), y.view(), host);
  const far_heads far_x(x, axis);
  const far_heads far_y(heads(2, 2), axis);
  cuda_workspace workspace({}, 1 << 16);
  far(head_view<const bfloat16, H, D>(far_x.view()), far_y.view(), workspace);
  cuda::synchronize({});
  CHECK(bitwise_equal(far_y.values(), values_of(y)));
}

TEST_CASE("neighbours more than 2^31 elements apart are reached by every operation on heads") {
  using backend = mirrored_cuda_backend;
  random_numbers random(261);
  const auto x = random_tensor<bfloat16, H, D>(2, 2, random);
  const auto weight = random.normals<bfloat16>(H * H);
  const auto gain = random.normals<bfloat16>(H * D);
  const std::vector<std::int64_t> lengths = {1, 0};
  const std::vector<std::int64_t> counts = {1, 2};
  std::vector<bfloat16> sums(H * D);
  device_buffer<bfloat16> numbers;
  numbers.assign(weight);
  device_buffer<bfloat16> gains;
  gains.assign(gain);
  device_buffer<bfloat16> far_sums(H * D);
  const std::span<const bfloat16> w = numbers;
  const std::span<const bfloat16> g = gains;
  for (const far_axis axis : far_axes) {
    CAPTURE(static_cast<int>(axis));
    const auto start = [&](std::size_t count) {
      sums.assign(count, bfloat16(0.0F));
      far_sums.assign(sums);
    };
    check_far(
        axis, x, [&](auto a, auto b, auto& s) { backend::mix_heads(a, std::span<const bfloat16>(weight), b, s); },
        [&](auto a, auto b, auto& s) { cuda::mix_heads(a, w, b, s); });
    start(H * H);
    check_far(
        axis, x,
        [&](auto a, auto b, auto& s) {
          backend::mix_heads_backward(a, std::span<const bfloat16>(weight), a, b, result_write::overwrite,
                                      std::span<bfloat16>(sums), s);
        },
        [&](auto a, auto b, auto& s) {
          cuda::mix_heads_backward(a, w, a, b, result_write::overwrite, std::span<bfloat16>(far_sums), s);
        });
    CHECK(bitwise_equal(far_sums.values(), sums));
    check_far(
        axis, x,
        [&](auto a, auto b, auto& s) { backend::normalize_heads<own_gains>(a, std::span<const bfloat16>(gain), b, s); },
        [&](auto a, auto b, auto& s) { cuda::normalize_heads<own_gains>(a, g, b, s); });
    start(H * D);
    check_far(
        axis, x,
        [&](auto a, auto b, auto& s) {
          backend::normalize_heads_backward<own_gains>(a, std::span<const bfloat16>(gain), a, b,
                                                       std::span<bfloat16>(sums), s);
        },
        [&](auto a, auto b, auto& s) {
          cuda::normalize_heads_backward<own_gains>(a, g, a, b, std::span<bfloat16>(far_sums), s);
        });
    CHECK(bitwise_equal(far_sums.values(), sums));
    check_far(
        axis, x,
        [&](auto a, auto b, auto& s) { backend::rotate<rotary<>>(a, std::span<const std::int64_t>(lengths), b, s); },
        [&](auto a, auto b, auto& s) { cuda::rotate<rotary<>>(a, lengths, b, s); });
    check_far(
        axis, x,
        [&](auto a, auto b, auto& s) {
          backend::append_heads(a, std::span<const std::int64_t>(counts), std::span<const std::int64_t>(lengths), b, s);
        },
        [&](auto a, auto b, auto& s) { cuda::append_heads(a, counts, lengths, b, s); });
  }
}

}  // namespace headwise::test
