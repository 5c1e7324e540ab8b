// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <headwise/cuda.cuh>
#include <iostream>
#include <vector>

// A token sees the first tokens of its sequence and the latest ones.
struct sinks_and_window {
  using slot = headwise::mask_slot;
  int sinks = 1;
  int window = 1;
  HEADWISE_HOST_DEVICE static headwise::key_range visible_keys(headwise::query_token at) { return {0, at.query + 1}; }
  HEADWISE_HOST_DEVICE bool visible(headwise::token_pair at) const {
    return at.key < sinks || at.query - at.key < window;
  }
};
struct my_attention
    : headwise::attention_variant<headwise::query_heads<8>, headwise::component_heads<4>, headwise::head_dim<32>,
                                  headwise::linear_head_mixing, headwise::norm_after_attention<>, headwise::rotary<>,
                                  sinks_and_window> {};
constexpr std::int64_t tokens = 200;
constexpr std::int64_t d_model = 64;

template <typename Backend, typename MakeWorkspace>
std::vector<float> outputs_of(const std::vector<float>& numbers, const MakeWorkspace& workspace_for) {
  using layer_type = headwise::attention_layer<my_attention, float, Backend>;
  using memory = typename Backend::memory;
  const layer_type layer({.d_model = d_model, .seed = 1});  // the same parameters on every backend
  typename memory::template buffer<float> x;
  memory::store(x, numbers);
  auto y = x;
  typename layer_type::saved_type saved;
  auto workspace = workspace_for(layer);
  layer.forward(headwise::batch_token_view(x.data(), 1, tokens, d_model),
                headwise::batch_token_view(y.data(), 1, tokens, d_model), saved, workspace,
                {.mask = {.sinks = 4, .window = 64}});
  return memory::load(y);
}

int main() {
  if (int devices = 0; cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::cout << "there is no GPU here\n";
    return 0;
  }
  std::vector<float> x(tokens * d_model);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  const auto on_cpu = outputs_of<headwise::reference_backend>(x, [](auto&) { return headwise::host_workspace(); });
  const auto on_gpu = outputs_of<headwise::cuda_backend>(
      x, [](auto& layer) { return headwise::cuda_workspace({}, layer.forward_workspace_bytes(1, tokens)); });
  float largest = 0;
  bool close = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::abs(on_gpu[i] - on_cpu[i]));
    close = close && std::abs(on_gpu[i] - on_cpu[i]) < 1e-4F;
  }
  std::cout << "the largest difference between CPU and GPU is " << largest << '\n';
  return close ? 0 : 1;
}
