// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <headwise/cuda/attend_backward.cuh>

#include "attend.cuh"

namespace bench {

template <typename Variant>
void attend_backward(const headwise_call& c, cuda_workspace& workspace) {
  constexpr int H = Variant::query_heads;
  constexpr int G = Variant::composite_heads;
  constexpr int D = Variant::head_dim;
  constexpr int Dv = Variant::value_dim;
  headwise::cuda::attend_backward(
      headwise::attend_backward_arguments<Variant, bfloat16>{
          .q = heads<H, D>(c.q, c.batch, c.queries),
          .k = heads<G, D>(c.k, c.batch, c.keys),
          .v = heads<G, Dv>(c.v, c.batch, c.keys),
          .out = heads<H, Dv>(c.out, c.batch, c.queries),
          .lse = headwise::batch_head_scalar_view<H>(static_cast<const float*>(c.lse), c.batch, c.queries),
          .out_gradient = heads<H, Dv>(c.out_gradient, c.batch, c.queries),
          .q_gradient = heads<H, D>(c.q_gradient, c.batch, c.queries),
          .k_gradient = heads<G, D>(c.k_gradient, c.batch, c.keys),
          .v_gradient = heads<G, Dv>(c.v_gradient, c.batch, c.keys)},
      workspace);
}

}  // namespace bench
