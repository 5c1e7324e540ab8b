// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend.cuh"
#include "headwise/cuda/attend_backward.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_memory.cuh"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"
#include "support/far_device_tensor.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

struct far_heads : attention_variant<query_heads<2>, composite_heads<2>, head_dim<8>, causal_mask> {};

using near_heads = head_tensor<bfloat16, 2, 8>;
using heads_view = head_view<bfloat16, 2, 8>;

/// A tensor in device memory, with one far axis if it is to have one.
class placed_heads {
 public:
  placed_heads(const near_heads& heads, std::optional<far_axis> axis) {
    if (axis.has_value()) {
      far_.emplace(heads, *axis);
    } else {
      near_.assign(heads.storage());
      near_view_ = batch_token_head_view<2, 8>(near_.data(), heads.batch(), heads.tokens());
    }
  }
  heads_view view() const { return far_.has_value() ? far_->view() : near_view_; }
  std::vector<bfloat16> values() const { return far_.has_value() ? far_->values() : near_.values(); }

 private:
  std::optional<far_device_tensor<bfloat16, 2, 8>> far_;
  device_buffer<bfloat16> near_;
  heads_view near_view_{};
};

/// The call that `expected` holds, with one of its tensors far, numbered as they are named here.
void check_far(const attend_tensors<far_heads, bfloat16>& expected, int far, far_axis axis) {
  const std::int64_t batch = expected.sizes.batch;
  const std::int64_t tokens = expected.sizes.queries;
  int next = 0;
  const auto place = [&](const near_heads& heads) {
    return placed_heads(heads, next++ == far ? std::optional(axis) : std::nullopt);
  };
  const near_heads blank(batch, tokens);
  const placed_heads q = place(expected.q);
  const placed_heads k = place(expected.k);
  const placed_heads v = place(expected.v);
  const placed_heads out = place(blank);
  const placed_heads out_gradient = place(expected.out_gradient);
  const placed_heads q_gradient = place(blank);
  const placed_heads k_gradient = place(blank);
  const placed_heads v_gradient = place(blank);
  const std::int64_t head_stride = next == far ? far_distance : batch * tokens;
  device_buffer<float> numbers(static_cast<std::size_t>(head_stride + batch * tokens));
  const head_scalar_view<float, 2> lse{numbers.data(), batch, tokens, tokens, head_stride};
  cuda_workspace workspace({}, 1 << 16);
  cuda::attend(
      attend_arguments<far_heads, bfloat16>{.q = q.view(), .k = k.view(), .v = v.view(), .out = out.view(), .lse = lse},
      workspace);
  cuda::attend_backward(attend_backward_arguments<far_heads, bfloat16>{.q = q.view(),
                                                                       .k = k.view(),
                                                                       .v = v.view(),
                                                                       .out = out.view(),
                                                                       .lse = lse,
                                                                       .out_gradient = out_gradient.view(),
                                                                       .lse_gradient = lse,
                                                                       .q_gradient = q_gradient.view(),
                                                                       .k_gradient = k_gradient.view(),
                                                                       .v_gradient = v_gradient.view()},
                        workspace);
  CHECK(bitwise_equal(out.values(), values_of(expected.out)));
  CHECK(bitwise_equal(q_gradient.values(), values_of(expected.q_gradient)));
  CHECK(bitwise_equal(k_gradient.values(), values_of(expected.k_gradient)));
  CHECK(bitwise_equal(v_gradient.values(), values_of(expected.v_gradient)));
}

TEST_CASE("attention on CUDA reaches neighbours more than 2^31 elements apart in every tensor") {
  auto expected = random_attend_tensors<far_heads, bfloat16>({.batch = 2, .queries = 2, .keys = 2}, 71);
  host_workspace host;
  mirrored_cuda_attention::attend(expected.forward_arguments(), host);
  expected.lse_gradient = expected.lse;
  mirrored_cuda_attention::attend_backward(expected.backward_arguments(), host);
  for (const far_axis axis : far_axes)
    for (int far = 0; far < 9; ++far) {
      CAPTURE(static_cast<int>(axis));
      CAPTURE(far);
      check_far(expected, far, axis);
    }
}

}  // namespace headwise::test
