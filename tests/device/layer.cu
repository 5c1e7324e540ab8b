// SPDX-License-Identifier: Apache-2.0
// A layer with all that it does compiles for a device.
#include "headwise/attention_variant.hpp"
#include "headwise/cuda.cuh"

namespace {

struct mixed : headwise::attention_variant<headwise::query_heads<4>, headwise::component_heads<2>,
                                           headwise::head_dim<16>, headwise::linear_head_mixing, headwise::rotary<>,
                                           headwise::causal_mask, headwise::norm_after_attention<>> {};
using layer_type = headwise::attention_layer<mixed, float, headwise::cuda_backend>;
using host_parameters = headwise::attention_parameters<mixed, float, headwise::host_memory>;

}  // namespace

void train(layer_type& layer, const host_parameters& parameters, headwise::token_view<const float> x,
           headwise::token_view<float> y, layer_type::saved_type& saved, layer_type::gradients_type& gradients,
           headwise::cuda_workspace& scratch) {
  layer.parameters().assign(parameters, scratch);
  layer.forward(x, y, saved, scratch);
  layer.backward(x, y, saved, y, gradients, scratch);
}

void generate(const layer_type& layer, headwise::token_view<const float> x, headwise::token_view<float> y,
              layer_type::cache_type& cache, headwise::cuda_workspace& scratch) {
  layer.prefill(x, y, cache, scratch);
  layer.decode(x, y, cache, scratch);
}

std::size_t scratch_of(const layer_type& layer, headwise::token_view<const float> x, headwise::token_view<float> y) {
  return layer.forward_workspace_bytes(x, y) + layer.backward_workspace_bytes(x, x, y) +
         layer.prefill_workspace_bytes(x, y, 100) + layer.decode_workspace_bytes(2, 100);
}
