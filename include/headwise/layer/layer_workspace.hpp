// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/core/stand_in_memory.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/layer/attention_parameters.hpp"
#include "headwise/layer/kv_cache.hpp"
#include "headwise/layer/saved_activations.hpp"

namespace headwise {

/// A workspace that can count what work would take from it.
template <typename Workspace>
concept counting_workspace = requires {
  Workspace::counting();
};

/// What a layer tells of the scratch of its calls, on backends whose workspaces count: exactly what a call with these
/// sizes and options takes, since the call itself is counted on tensors that are not there.
template <typename Layer>
class layer_workspace {
 public:
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t forward_workspace_bytes(
      std::int64_t batch, std::int64_t tokens, const typename L::call_options& options = {})
  const {
    const stand_in_tokens<L> x(*this, batch, tokens);
    const stand_in_tokens<L> y(*this, batch, tokens);
    saved_activations<typename L::variant, typename L::scalar, stand_in_memory> saved;
    return L::workspace::bytes_for(
        [&](typename L::workspace& scratch) { layer().forward(x.view(), y.view(), saved, scratch, options); });
  }

  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t backward_workspace_bytes(
      std::int64_t batch, std::int64_t tokens, const typename L::call_options& options = {})
  const {
    const stand_in_tokens<L> x(*this, batch, tokens);
    const stand_in_tokens<L> y_gradient(*this, batch, tokens);
    const stand_in_tokens<L> x_gradient(*this, batch, tokens);
    saved_activations<typename L::variant, typename L::scalar, stand_in_memory> saved;
    saved.resize(batch, tokens);
    attention_parameters<typename L::variant, typename L::scalar, stand_in_memory> gradients(layer().settings());
    return L::workspace::bytes_for([&](typename L::workspace& scratch) {
      layer().backward(x.view(), y_gradient.view(), saved, x_gradient.view(), gradients, scratch, options);
    });
  }

  /// Of `tokens` more behind `cached` tokens of every sequence; decoding is of one token.
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t prefill_workspace_bytes(
      std::int64_t batch, std::int64_t tokens, std::int64_t cached, const typename L::call_options& options = {})
  const {
    const stand_in_tokens<L> x(*this, batch, tokens);
    const stand_in_tokens<L> y(*this, batch, tokens);
    kv_cache<typename L::variant, typename L::scalar, stand_in_memory> cache(batch, cached + tokens);
    cache.extend(cached, {});
    return L::workspace::bytes_for(
        [&](typename L::workspace& scratch) { layer().prefill(x.view(), y.view(), cache, scratch, options); });
  }
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t decode_workspace_bytes(
      std::int64_t batch, std::int64_t cached, const typename L::call_options& options = {})
  const { return prefill_workspace_bytes<L>(batch, 1, cached, options); }

 private:
  const Layer& layer() const { return static_cast<const Layer&>(*this); }

  /// Tokens of the layer's width.
  template <typename L>
  class stand_in_tokens {
   public:
    stand_in_tokens(const layer_workspace& of, std::int64_t batch, std::int64_t tokens)
        : batch_(batch),
          tokens_(tokens),
          width_(of.layer().settings().d_model),
          numbers_(static_cast<std::size_t>(batch * tokens * width_)) {}
    token_view<typename L::scalar> view() const { return batch_token_view(numbers_.data(), batch_, tokens_, width_); }

   private:
    std::int64_t batch_;
    std::int64_t tokens_;
    std::int64_t width_;
    stand_in_buffer<typename L::scalar> numbers_;
  };
};

}  // namespace headwise
