// SPDX-License-Identifier: Apache-2.0
#include "operation.hpp"
#include "variants.hpp"

namespace bench {
namespace {

/// Gradients from what the forward pass left in out and lse.
template <typename Variant>
void attend_backward(const headwise_call& call, headwise::host_workspace& scratch) {
  constexpr int H = Variant::query_heads;
  constexpr int G = Variant::composite_heads;
  constexpr int D = Variant::head_dim;
  headwise::cpu_backend::attend_backward(
      headwise::attend_backward_arguments<Variant, float>{
          .q = heads<float, H, D>(call.q, call.queries),
          .k = heads<float, G, D>(call.k, call.keys),
          .v = heads<float, G, D>(call.v, call.keys),
          .out = heads<float, H, D>(call.out, call.queries),
          .lse = headwise::batch_head_scalar_view<H>(static_cast<float*>(call.lse), 1, call.queries),
          .out_gradient = heads<float, H, D>(call.out_gradient, call.queries),
          .q_gradient = heads<float, H, D>(call.q_gradient, call.queries),
          .k_gradient = heads<float, G, D>(call.k_gradient, call.keys),
          .v_gradient = heads<float, G, D>(call.v_gradient, call.keys)},
      scratch);
}

template <typename Variant>
operation backward_of() {
  return {"backward/" + std::string(Variant::name) + "/float", attend_backward<Variant>};
}

}  // namespace

std::vector<operation> backward_operations() {
  return {backward_of<full_64>(), backward_of<full_128>(), backward_of<causal_64>(), backward_of<causal_128>()};
}

}  // namespace bench
