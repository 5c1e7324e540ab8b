// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "headwise/core/error.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/core/stand_in_memory.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/layer/attention_parameters.hpp"
#include "headwise/layer/backend.hpp"
#include "headwise/layer/cached_steps.hpp"
#include "headwise/layer/composite_steps.hpp"
#include "headwise/layer/kv_cache.hpp"
#include "headwise/layer/layer_execution.hpp"
#include "headwise/layer/layer_workspace.hpp"
#include "headwise/layer/mixing_weights.hpp"
#include "headwise/layer/projection_steps.hpp"
#include "headwise/layer/saved_activations.hpp"
#include "headwise/operations/mixing_cost.hpp"
#include "headwise/operations/project_checks.hpp"

namespace headwise {

/// What stands in the place of a layer whose arguments are wrong: the sentence that says so, and nothing else.
template <typename Variant, typename Scalar, typename Backend, layer_execution Execution = layer_execution{}>
class attention_layer {
  static_assert(any_attention_variant<Variant>,
                "headwise: the first argument of attention_layer must be an attention variant, derive one from "
                "attention_variant<...>");
  static_assert(!any_attention_variant<Variant> || attention_backend<Backend, Variant, Scalar>,
                "headwise: the third argument of attention_layer must be a backend with the operations on this number "
                "type, such as cpu_backend for float and bfloat16");
  static_assert(!any_attention_variant<Variant> || executed_as_named<Variant, Execution>,
                "headwise: mixing cannot be folded into a projection where a norm stands between them, take "
                "mixing_execution::on_activations");
};

/// An attention layer: projections, norm before mixing, rotary positions, mixing, norm after mixing, attention, norm
/// after attention, output projection, in this order, each where the variant has it. `Backend` says where it runs,
/// `Execution` how, where there are several ways. All functions are const: parameters, activations, gradients and
/// scratch belong to the caller, so one layer may serve several threads, each with a workspace of its own.
template <any_attention_variant Variant, typename Scalar, typename Backend, layer_execution Execution>
requires attention_backend<Backend, Variant, Scalar> && executed_as_named<Variant, Execution>
class attention_layer<Variant, Scalar, Backend, Execution>
    : public layer_workspace<attention_layer<Variant, Scalar, Backend, Execution>> {
  static constexpr int H = Variant::query_heads;
  static constexpr int G = Variant::composite_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;

  using steps = projection_steps<Variant, Scalar, Backend>;
  using key_steps = composite_steps<Variant, Scalar, Backend, true>;
  using value_steps = composite_steps<Variant, Scalar, Backend, false>;
  using weights_type = mixing_weights<Variant, Scalar, Backend>;
  using weight_gradients_type = mixing_weight_gradients<Variant, Scalar, Backend>;

 public:
  using variant = Variant;
  using scalar = Scalar;
  using memory = typename Backend::memory;
  using workspace = typename Backend::workspace;
  using parameters_type = attention_parameters<Variant, Scalar, memory>;
  using gradients_type = parameters_type;
  using saved_type = saved_activations<Variant, Scalar, memory>;
  using cache_type = kv_cache<Variant, Scalar, memory>;

  /// What a call may say beside its tensors.
  struct call_options {
    /// [batch], the live tokens of every sequence, or empty: all of them.
    std::span<const std::int64_t> lengths{};
    typename Variant::mask mask{};
    typename Variant::score_modification score{};
  };

  /// What the executions of forward and backward cost.
  static constexpr mixing_cost_model<Variant, Scalar> cost_model =
      layer_cost_model<Variant, Scalar, Backend>(Execution.flops_per_byte);

  /// A layer with its first parameters. Throws `headwise::error` if d_model is not positive.
  explicit attention_layer(const attention_layer_settings& settings) : settings_(settings), parameters_(settings) {
    parameters_.initialize(settings);
  }

  const attention_layer_settings& settings() const { return settings_; }
  parameters_type& parameters() { return parameters_; }
  const parameters_type& parameters() const { return parameters_; }

  /// How forward and backward of so many tokens mix heads: as named, or as chosen.
  mixing_execution execution_of(std::int64_t batch, std::int64_t tokens) const {
    if constexpr (!can_be_folded<Variant>) return mixing_execution::on_activations;
    if constexpr (Execution.mixing != mixing_execution::choose) return Execution.mixing;
    return cost_model.chosen(batch * tokens, settings_.d_model);
  }

  /// Gradients of the right shapes, all zero.
  gradients_type make_gradients() const { return gradients_type(settings_); }

  /// y = layer(x), both [batch][tokens][M]. `saved` receives what `backward` needs.
  template <typename Memory>
  void forward(token_view<const Scalar> x, token_view<Scalar> y, saved_activations<Variant, Scalar, Memory>& saved,
               workspace& scratch, const call_options& options = {}) const {
    check_tokens(x, y, "y", options);
    const parameters_type& p = parameters_;
    this->require_room(scratch, [&](auto& w) {
      saved_activations<Variant, Scalar, stand_in_memory> not_there;
      forward(x, y, not_there, w, options);
    });
    saved.resize(x.batch, x.tokens, folds(x));
    typename workspace::frame frame(scratch);
    const weights_type weights(p, frame, scratch);

    const auto query = saved.template heads<H, D>(saved.query);
    steps::project(x, {p.query_projection, p.query_bias}, query, scratch);
    steps::rotate(query, {}, scratch);
    const auto composite_key =
        key_steps::forward(x, key_steps::template parameters_of<const Scalar>(p, weights.key()), saved, scratch);
    const auto composite_value =
        value_steps::forward(x, value_steps::template parameters_of<const Scalar>(p, weights.value()), saved, scratch);

    const auto attended = saved.template heads<H, Dv>(saved.attended);
    const auto normalized = saved.template heads<H, Dv>(saved.normalized);
    steps::attend({.q = query,
                   .k = composite_key,
                   .v = composite_value,
                   .out = attended,
                   .lse = saved.lse_view(saved.lse),
                   .query_lengths = options.lengths,
                   .key_lengths = options.lengths,
                   .mask = options.mask,
                   .score = options.score},
                  p.output_gain, normalized, scratch);
    steps::project_output(attended, normalized, {p.output_projection, p.output_bias}, y, scratch);
  }

  /// The backward of `forward` on the same x: overwrites x_gradient [batch][tokens][M], which may be y_gradient, and
  /// adds to `gradients`.
  template <typename Memory>
  void backward(token_view<const Scalar> x, token_view<const Scalar> y_gradient,
                const saved_activations<Variant, Scalar, Memory>& saved, token_view<Scalar> x_gradient,
                attention_parameters<Variant, Scalar, Memory>& gradients, workspace& scratch,
                const call_options& options = {}) const {
    check_tokens(x, x_gradient, "x_gradient", options);
    detail::check_token_view(y_gradient, "y_gradient", x.batch, x.tokens, settings_.d_model);
    detail::check_disjoint(x_gradient, "x_gradient", x, "x");
    detail::require(saved.batch == x.batch && saved.tokens == x.tokens && saved.folded == folds(x), "saved",
                    "of another call", "what forward saved for this x");
    this->require_room(scratch, [&](auto& w) { backward(x, y_gradient, saved, x_gradient, gradients, w, options); });
    const parameters_type& p = parameters_;
    auto& d = gradients;
    typename workspace::frame frame(scratch);
    const weights_type weights(p, frame, scratch);
    const weight_gradients_type weight_gradients(d, frame, scratch);

    const auto attended_gradient = take<H, Dv>(frame, x);
    const auto delta = steps::take_delta(frame, x);
    steps::template project_output_backward<H, Dv>(saved.template heads<H, Dv>(saved.attended), p.output_gain,
                                                   saved.template heads<H, Dv>(saved.normalized), p.output_projection,
                                                   y_gradient, attended_gradient, {d.output_projection, d.output_bias},
                                                   d.output_gain, delta, scratch);

    const auto query_gradient = take<H, D>(frame, x);
    const auto composite_key_gradient = take<G, D>(frame, x);
    const auto composite_value_gradient = take<G, Dv>(frame, x);
    Backend::attend_backward(
        attend_backward_arguments<Variant, Scalar>{.q = saved.template heads<H, D>(saved.query),
                                                   .k = key_steps::composites_of(saved),
                                                   .v = value_steps::composites_of(saved),
                                                   .out = saved.template heads<H, Dv>(saved.attended),
                                                   .lse = saved.lse_view(saved.lse),
                                                   .out_gradient = attended_gradient,
                                                   .delta = delta,
                                                   .q_gradient = query_gradient,
                                                   .k_gradient = composite_key_gradient,
                                                   .v_gradient = composite_value_gradient,
                                                   .query_lengths = options.lengths,
                                                   .key_lengths = options.lengths,
                                                   .mask = options.mask,
                                                   .score = options.score},
        scratch);

    steps::rotate_backward(query_gradient, scratch);
    steps::template project_backward<H, D>(x, p.query_projection, query_gradient, x_gradient, result_write::overwrite,
                                           {d.query_projection, d.query_bias}, scratch);
    key_steps::backward(x, key_steps::template parameters_of<const Scalar>(p, weights.key()), saved,
                        composite_key_gradient, x_gradient,
                        key_steps::template parameters_of<Scalar>(d, weight_gradients.key()), scratch);
    value_steps::backward(x, value_steps::template parameters_of<const Scalar>(p, weights.value()), saved,
                          composite_value_gradient, x_gradient,
                          value_steps::template parameters_of<Scalar>(d, weight_gradients.value()), scratch);
    weight_gradients.carry_back(p, d, scratch);
  }

  /// Appends the tokens of x [batch][tokens][M] to the cache and writes y [batch][tokens][M], what they make of all
  /// that is cached: a whole prompt, or one chunk after the other. Only the first `options.lengths[b]` tokens of a
  /// sequence are appended; y means nothing past them. Whatever is thrown leaves the cache as it was.
  template <typename Memory>
  void prefill(token_view<const Scalar> x, token_view<Scalar> y, kv_cache<Variant, Scalar, Memory>& cache,
               workspace& scratch, const call_options& options = {}) const {
    extend<decode_mode::choose>(x, y, cache, scratch, options);
  }

  /// `prefill` of one token per sequence: x and y are [batch][1][M].
  template <typename Memory>
  void decode(token_view<const Scalar> x, token_view<Scalar> y, kv_cache<Variant, Scalar, Memory>& cache,
              workspace& scratch, const call_options& options = {}) const {
    detail::require(x.tokens == 1, "x", detail::words("of ", x.tokens, " tokens"), "one token per sequence");
    extend<Execution.decoding>(x, y, cache, scratch, options);
  }

 private:
  bool folds(const token_view<const Scalar>& x) const {
    return execution_of(x.batch, x.tokens) == mixing_execution::folded;
  }

  void check_tokens(const token_view<const Scalar>& x, const token_view<Scalar>& output, const char* name,
                    const call_options& options) const {
    detail::check_token_view(x, "x", x.batch, x.tokens, settings_.d_model);
    detail::check_token_output(output, name, x.batch, x.tokens, settings_.d_model);
    detail::check_lengths(options.lengths, "lengths", x.batch, x.tokens);
  }

  template <decode_mode Mode, typename Memory>
  void extend(token_view<const Scalar> x, token_view<Scalar> y, kv_cache<Variant, Scalar, Memory>& cache,
              workspace& scratch, const call_options& options) const {
    check_tokens(x, y, "y", options);
    detail::require(cache.batch() == x.batch, "cache", detail::words("of batch ", cache.batch()),
                    detail::words("batch ", x.batch));
    cache.require_room(x.tokens, options.lengths);
    this->require_room(scratch, [&](auto& w) { append_and_attend<Mode>(x, y, cache, w, options); });
    append_and_attend<Mode>(x, y, cache, scratch, options);
    cache.extend(x.tokens, options.lengths);
  }

  /// All of `extend` but that the cache takes the tokens for its own.
  template <decode_mode Mode, typename Memory>
  void append_and_attend(token_view<const Scalar> x, token_view<Scalar> y, kv_cache<Variant, Scalar, Memory>& cache,
                         workspace& scratch, const call_options& options) const {
    const parameters_type& p = parameters_;
    typename workspace::frame frame(scratch);
    const weights_type weights(p, frame, scratch);

    const auto query = take<H, D>(frame, x);
    const auto key = take<C, D>(frame, x);
    const auto value = take<C, Dv>(frame, x);
    steps::project(x, {p.query_projection, p.query_bias}, query, scratch);
    steps::project_components(x, {p.key_projection, p.key_bias}, p.component_key_gain,
                              take<C, D>(frame, x, Variant::component_norm::normalizes), key, scratch);
    steps::project_components(x, {p.value_projection, p.value_bias}, p.component_value_gain,
                              take<C, Dv>(frame, x, Variant::component_norm::normalizes), value, scratch);
    const auto attended = take<H, Dv>(frame, x);
    const auto normalized = take<H, Dv>(frame, x, Variant::output_norm::normalizes);
    cached_steps<Variant, Scalar, Backend>::template append_and_attend<Mode>(
        {query, key, value, attended, normalized, options.lengths, options.mask, options.score}, p, weights, cache,
        scratch);
    steps::project_output(attended, normalized, {p.output_projection, p.output_bias}, y, scratch);
  }

  /// Scratch for heads of every token of x, where it is needed.
  template <int Heads, int Dim>
  static head_view<Scalar, Heads, Dim> take(typename workspace::frame& frame, const token_view<const Scalar>& x,
                                            bool needed = true) {
    return batch_token_head_view<Heads, Dim>(
        needed ? frame.template take<Scalar>(x.batch * x.tokens * Heads * Dim) : nullptr, x.batch, x.tokens);
  }

  attention_layer_settings settings_;
  parameters_type parameters_;
};

}  // namespace headwise
