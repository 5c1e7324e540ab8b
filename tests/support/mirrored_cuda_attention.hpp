// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/host_memory.hpp"
#include "headwise/cuda/attend.cuh"
#include "headwise/cuda/attend_backward.cuh"
#include "support/device_mirror.hpp"

namespace headwise::test {

/// Attention of the CUDA backend as it looks from the host: tensors in the host's memory, copied to the device for
/// every call and back. With it the tests of attention run on a device as they are.
struct mirrored_cuda_attention {
  using memory = host_memory;
  using workspace = host_workspace;

  template <typename Variant, typename Scalar>
  static void attend(const attend_arguments<Variant, Scalar>& a, workspace& /*scratch*/) {
    const auto call = [&](cuda_workspace& w, auto q, auto k, auto v, auto out, auto lse, auto mask, auto score) {
      cuda::attend(
          attend_arguments<Variant, Scalar>{
              .q = q,
              .k = k,
              .v = v,
              .out = out,
              .lse = lse,
              .query_lengths = a.query_lengths,
              .key_lengths = a.key_lengths,
              .mask = mask,
              .score = score,
          },
          w);
    };
    run_mirrored(call, a.q, a.k, a.v, a.out, a.lse, a.mask, a.score);
  }

  template <typename Variant, typename Scalar>
  static void attend_backward(const attend_backward_arguments<Variant, Scalar>& a, workspace& /*scratch*/) {
    const auto call = [&](cuda_workspace& w, auto q, auto k, auto v, auto out, auto lse, auto out_gradient,
                          auto lse_gradient, auto delta, auto q_gradient, auto k_gradient, auto v_gradient, auto mask,
                          auto score) {
      cuda::attend_backward(
          attend_backward_arguments<Variant, Scalar>{
              .q = q,
              .k = k,
              .v = v,
              .out = out,
              .lse = lse,
              .out_gradient = out_gradient,
              .lse_gradient = lse_gradient,
              .delta = delta,
              .q_gradient = q_gradient,
              .k_gradient = k_gradient,
              .v_gradient = v_gradient,
              .query_lengths = a.query_lengths,
              .key_lengths = a.key_lengths,
              .mask = mask,
              .score = score,
          },
          w);
    };
    run_mirrored(call, a.q, a.k, a.v, a.out, a.lse, a.out_gradient, a.lse_gradient, a.delta, a.q_gradient, a.k_gradient,
                 a.v_gradient, a.mask, a.score);
  }
};

}  // namespace headwise::test
