// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/core/stand_in_memory.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/layer/attention_parameters.hpp"
#include "headwise/layer/kv_cache.hpp"
#include "headwise/layer/saved_activations.hpp"
#include "headwise/operations/mixing_cost.hpp"

namespace headwise {

/// A workspace that can count what work would take from it.
template <typename Workspace>
concept counting_workspace = requires {
  Workspace::counting();
};

/// What a layer tells of the scratch of its calls, on backends whose workspaces count: exactly what a call with these
/// sizes and options takes, since the call itself is counted on tensors that are not there. Sizes stand for contiguous
/// tokens; where those of a call lie otherwise, it may take copies, and is counted on its own views.
template <typename Layer>
class layer_workspace {
 public:
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t forward_workspace_bytes(
      std::int64_t batch, std::int64_t tokens, const typename L::call_options& options = {})
  const {
    return forward_workspace_bytes<L>(stand_in_tokens<L>(batch, tokens), stand_in_tokens<L>(batch, tokens), options);
  }
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t forward_workspace_bytes(
      token_view<const typename L::scalar> x, token_view<typename L::scalar> y,
      const typename L::call_options& options = {})
  const {
    saved_activations<typename L::variant, typename L::scalar, stand_in_memory> saved;
    return L::workspace::bytes_for(
        [&](typename L::workspace& scratch) { layer().forward(x, y, saved, scratch, options); });
  }

  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t backward_workspace_bytes(
      std::int64_t batch, std::int64_t tokens, const typename L::call_options& options = {})
  const {
    return backward_workspace_bytes<L>(stand_in_tokens<L>(batch, tokens), stand_in_tokens<L>(batch, tokens),
                                       stand_in_tokens<L>(batch, tokens), options);
  }
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t backward_workspace_bytes(
      token_view<const typename L::scalar> x, token_view<const typename L::scalar> y_gradient,
      token_view<typename L::scalar> x_gradient, const typename L::call_options& options = {})
  const {
    saved_activations<typename L::variant, typename L::scalar, stand_in_memory> saved;
    saved.resize(x.batch, x.tokens, layer().execution_of(x.batch, x.tokens) == mixing_execution::folded);
    attention_parameters<typename L::variant, typename L::scalar, stand_in_memory> gradients(layer().settings());
    return L::workspace::bytes_for([&](typename L::workspace& scratch) {
      layer().backward(x, y_gradient, saved, x_gradient, gradients, scratch, options);
    });
  }

  /// Of `tokens` more behind `cached` tokens of every sequence.
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t prefill_workspace_bytes(
      std::int64_t batch, std::int64_t tokens, std::int64_t cached, const typename L::call_options& options = {})
  const {
    return prefill_workspace_bytes<L>(stand_in_tokens<L>(batch, tokens), stand_in_tokens<L>(batch, tokens), cached,
                                      options);
  }
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t prefill_workspace_bytes(
      token_view<const typename L::scalar> x, token_view<typename L::scalar> y, std::int64_t cached,
      const typename L::call_options& options = {})
  const {
    return with_cache<L>(x.batch, x.tokens, cached, [&](auto& cache, typename L::workspace& scratch) {
      layer().prefill(x, y, cache, scratch, options);
    });
  }
  template <typename L = Layer>
  requires counting_workspace<typename L::workspace> std::size_t decode_workspace_bytes(
      std::int64_t batch, std::int64_t cached, const typename L::call_options& options = {})
  const {
    return with_cache<L>(batch, 1, cached, [&](auto& cache, typename L::workspace& scratch) {
      layer().decode(stand_in_tokens<L>(batch, 1), stand_in_tokens<L>(batch, 1), cache, scratch, options);
    });
  }

 protected:
  /// Where a workspace can be asked, nothing starts in one that has no room for all of a call: half a backward would
  /// have added to gradients.
  template <typename Workspace, typename Call>
  static void require_room(const Workspace& scratch, const Call& call) {
    if constexpr (requires { scratch.require_room(call); }) scratch.require_room(call);
  }

 private:
  const Layer& layer() const { return static_cast<const Layer&>(*this); }

  /// The bytes of a call with a cache of `cached` tokens and room for `tokens` more.
  template <typename L, typename Call>
  static std::size_t with_cache(std::int64_t batch, std::int64_t tokens, std::int64_t cached, const Call& call) {
    kv_cache<typename L::variant, typename L::scalar, stand_in_memory> cache(batch, cached + tokens);
    cache.extend(cached, {});
    return L::workspace::bytes_for([&](typename L::workspace& scratch) { call(cache, scratch); });
  }

  /// Contiguous tokens of the layer's width that are not there.
  template <typename L>
  token_view<typename L::scalar> stand_in_tokens(std::int64_t batch, std::int64_t tokens) const {
    const std::int64_t width = layer().settings().d_model;
    const stand_in_buffer<typename L::scalar> numbers(static_cast<std::size_t>(batch * tokens * width));
    return batch_token_view(numbers.data(), batch, tokens, width);
  }
};

}  // namespace headwise
