// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "headwise/core/host_memory.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_memory.cuh"
#include "headwise/layer/attention_layer.hpp"
#include "support/head_tensor.hpp"
#include "support/layers.hpp"
#include "support/random.hpp"

namespace headwise::test {

/// Values per token in the memory of a layer.
template <typename Layer>
class layer_tokens {
 public:
  using scalar = typename Layer::scalar;
  using memory = typename Layer::memory;

  explicit layer_tokens(const token_tensor<scalar>& tokens)
      : batch_(tokens.batch), tokens_(tokens.tokens), width_(tokens.width) {
    memory::store(buffer_, tokens.values);
  }
  token_view<scalar> view() { return batch_token_view(buffer_.data(), batch_, tokens_, width_); }
  token_view<scalar> slice(std::int64_t first, std::int64_t count) {
    return {buffer_.data() + first * width_, batch_, count, width_, tokens_ * width_, width_};
  }
  std::vector<scalar> values() const { return memory::load(buffer_); }

 private:
  std::int64_t batch_;
  std::int64_t tokens_;
  std::int64_t width_;
  typename memory::template buffer<scalar> buffer_;
};

/// Runs a call in a workspace of its own: of exactly the bytes that were asked for beforehand, where that can be done.
template <typename Layer, typename Bytes, typename Call>
void with_workspace(const Layer& layer, const Bytes& bytes, const Call& call) {
  if constexpr (std::is_same_v<typename Layer::workspace, cuda_workspace>) {
    cuda_workspace scratch({}, bytes(layer));
    call(scratch);
    cuda::synchronize({});
  } else {
    typename Layer::workspace scratch;
    call(scratch);
  }
}

/// One result of a layer.
template <typename Scalar>
struct layer_result {
  std::string name;
  std::vector<Scalar> values;
};

/// The parameters and inputs of a sequence of calls, in a number type that all others hold.
struct layer_inputs {
  attention_layer_settings settings;
  std::vector<std::vector<float>> parameters;
  token_tensor<float> x;
  token_tensor<float> y_gradient;
  std::vector<std::int64_t> lengths;
};

/// All that a layer gives: forward, backward, and a prompt in two parts with a token decoded behind it.
template <typename Layer>
std::vector<layer_result<typename Layer::scalar>> results_of_layer(const layer_inputs& inputs) {
  using scalar = typename Layer::scalar;
  using memory = typename Layer::memory;
  const auto in_scalars = [](const token_tensor<float>& from) {
    token_tensor<scalar> to(from.batch, from.tokens, from.width);
    to.values = converted<scalar>(from.values);
    return layer_tokens<Layer>(to);
  };
  Layer layer(inputs.settings);
  std::size_t next = 0;
  layer.parameters().for_each(
      [&](std::string_view, auto& values) { memory::store(values, converted<scalar>(inputs.parameters[next++])); });
  auto x = in_scalars(inputs.x);
  auto y_gradient = in_scalars(inputs.y_gradient);
  auto y = x;
  auto x_gradient = x;
  auto gradients = layer.make_gradients();
  typename Layer::saved_type saved;
  const typename Layer::call_options options{.lengths = inputs.lengths};
  const std::int64_t batch = inputs.x.batch;
  const std::int64_t tokens = inputs.x.tokens;
  std::vector<layer_result<scalar>> results;
  const auto keep = [&](const std::string& name) { results.push_back({name, y.values()}); };

  with_workspace(
      layer, [&](const auto& of) { return of.forward_workspace_bytes(batch, tokens, options); },
      [&](auto& scratch) { layer.forward(x.view(), y.view(), saved, scratch, options); });
  keep("y");
  for (int round = 0; round < 2; ++round)
    with_workspace(
        layer, [&](const auto& of) { return of.backward_workspace_bytes(batch, tokens, options); },
        [&](auto& scratch) {
          layer.backward(x.view(), y_gradient.view(), saved, x_gradient.view(), gradients, scratch, options);
        });
  results.push_back({"x_gradient", x_gradient.values()});
  gradients.for_each([&](std::string_view name, const auto& values) {
    results.push_back({std::string(name), memory::load(values)});
  });

  typename Layer::cache_type cache(batch, 2 * tokens);
  std::int64_t cached = 0;
  for (const std::int64_t count : {tokens - 2, std::int64_t{1}, std::int64_t{1}}) {
    with_workspace(
        layer, [&](const auto& of) { return of.prefill_workspace_bytes(batch, count, cached); },
        [&](auto& scratch) { layer.prefill(x.slice(cached, count), y.slice(cached, count), cache, scratch); });
    cached += count;
  }
  keep("y in parts");
  return results;
}

}  // namespace headwise::test
