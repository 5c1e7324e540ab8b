// SPDX-License-Identifier: Apache-2.0
// The kernels of attention as they are, but for one place where threads wait.
#include <doctest/doctest.h>

#include "emulator/left_out_waits.hpp"
#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend.cuh"
#include "support/attend_tensors.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

/// Values are wider than keys, so that outputs take the place of more than queries.
struct wide_values : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, value_dim<48>, causal_mask,
                                       norm_after_attention<norm_settings{.gain = norm_gain::none}>> {};

TEST_CASE("every wait of the kernels of attention is needed: a fault is found where one is left out") {
  check_waits_are_needed(6, [] {
    auto t = random_attend_tensors<wide_values, bfloat16>({.batch = 1, .queries = 150, .keys = 200}, 301);
    run_attend<mirrored_cuda_attention>(t);
  });
}

TEST_CASE("every wait of attention with its norm is needed") {
  check_waits_are_needed(3, [] {
    auto t = random_attend_tensors<wide_values, bfloat16>({.batch = 1, .queries = 150, .keys = 200}, 302);
    auto normalized = t.out;
    const auto arguments = t.forward_arguments();
    run_mirrored(
        [&](cuda_workspace& workspace, auto q, auto k, auto v, auto out, auto result) {
          auto there = arguments;
          there.q = q;
          there.k = k;
          there.v = v;
          there.out = out;
          there.lse = {};
          cuda::attend_normalized(there, {}, result, workspace);
        },
        arguments.q, arguments.k, arguments.v, arguments.out, normalized.view());
  });
}

}  // namespace headwise::test
