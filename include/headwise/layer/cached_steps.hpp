// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "headwise/composed_variant.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/layer/kv_cache.hpp"
#include "headwise/layer/mixing_weights.hpp"
#include "headwise/layer/projection_steps.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/mixing_cost.hpp"
#include "headwise/policies/positions.hpp"

namespace headwise {

/// The steps of a layer between its projections where tokens go to a cache: rotary positions, appending, attention to
/// all that is cached, and the norm after it.
template <any_attention_variant Variant, typename Scalar, typename Backend>
class cached_steps {
  static constexpr int H = Variant::query_heads;
  static constexpr int G = Variant::composite_heads;
  static constexpr int C = Variant::component_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;

  using steps = projection_steps<Variant, Scalar, Backend>;
  using workspace = typename Backend::workspace;

 public:
  /// The heads of new tokens, what attention and the norm make of them, and what the call says besides. Queries and
  /// keys are turned in place.
  struct new_tokens {
    head_view<Scalar, H, D> query;
    head_view<Scalar, C, D> key;
    head_view<Scalar, C, Dv> value;
    head_view<Scalar, H, Dv> attended;
    head_view<Scalar, H, Dv> normalized;
    /// [batch], how many of the tokens count, or empty: all of them.
    std::span<const std::int64_t> lengths;
    typename Variant::mask mask;
    typename Variant::score_modification score;
  };

  /// Writes the tokens behind those of the cache, whose lengths stay as they are, and attends to both in the mode that
  /// is named.
  template <decode_mode Mode, typename Parameters, typename Memory>
  static void append_and_attend(const new_tokens& tokens, const Parameters& p,
                                const mixing_weights<Variant, Scalar, Backend>& weights,
                                kv_cache<Variant, Scalar, Memory>& cache, workspace& scratch) {
    steps::rotate(tokens.query, cache.lengths(), scratch);
    if constexpr (composes_while_appending && Mode == decode_mode::choose) {
      const auto is_zero = [](std::int64_t length) { return length == 0; };
      if (std::ranges::all_of(cache.lengths(), is_zero) &&
          Backend::template builds_composite_heads<Variant, Scalar>(tokens.query.tokens))
        return attend_prompt(tokens, p, weights, cache, scratch);
    }
    steps::rotate(tokens.key, cache.lengths(), scratch);
    Backend::append_heads(tokens.key, tokens.lengths, cache.lengths(), cache.keys(), scratch);
    Backend::append_heads(tokens.value, tokens.lengths, cache.lengths(), cache.values(), scratch);
    const typename kv_cache<Variant, Scalar, Memory>::preview with_new_tokens(cache, tokens.query.tokens,
                                                                              tokens.lengths);
    attend_components<Mode>(attend_components_arguments<Variant, Scalar>{.q = tokens.query,
                                                                         .k = cache.keys(),
                                                                         .v = cache.values(),
                                                                         .key_weight = weights.key(),
                                                                         .value_weight = weights.value(),
                                                                         .composite_key_gain = p.composite_key_gain,
                                                                         .composite_value_gain = p.composite_value_gain,
                                                                         .out = tokens.attended,
                                                                         .query_lengths = tokens.lengths,
                                                                         .key_lengths = cache.lengths(),
                                                                         .mask = tokens.mask,
                                                                         .score = tokens.score},
                            scratch);
    steps::normalize_output(tokens.attended, p.output_gain, tokens.normalized, scratch);
  }

 private:
  template <decode_mode Mode>
  static void attend_components(const attend_components_arguments<Variant, Scalar>& arguments, workspace& scratch) {
    if constexpr (Mode == decode_mode::choose)
      Backend::attend_components(arguments, scratch);
    else
      Backend::template attend_components<Mode>(arguments, scratch);
  }

  /// Whether the backend turns, appends and mixes heads in one pass, and nothing else is between the cache and the
  /// composite heads.
  static constexpr bool composes_while_appending =
      Variant::key_mixing::mixes && Variant::value_mixing::mixes && !Variant::composite_norm::normalizes && requires {
    requires Backend::composes_while_appending;
  };

  /// Where the cache is empty, the composite heads of all that is cached are those of the new tokens.
  template <typename Parameters, typename Memory>
  static void attend_prompt(const new_tokens& tokens, const Parameters& p,
                            const mixing_weights<Variant, Scalar, Backend>& weights,
                            kv_cache<Variant, Scalar, Memory>& cache, workspace& scratch) {
    const std::int64_t batch = tokens.query.batch;
    const std::int64_t count = tokens.query.tokens;
    typename workspace::frame frame(scratch);
    const auto key = batch_token_head_view<G, D>(frame.template take<Scalar>(batch * count * G * D), batch, count);
    const auto value = batch_token_head_view<G, Dv>(frame.template take<Scalar>(batch * count * G * Dv), batch, count);
    Backend::template compose_and_append<typename Variant::positions>(tokens.key, weights.key(), tokens.lengths,
                                                                      cache.lengths(), cache.keys(), key, scratch);
    Backend::template compose_and_append<no_positions>(tokens.value, weights.value(), tokens.lengths, cache.lengths(),
                                                       cache.values(), value, scratch);
    steps::attend({.q = tokens.query,
                   .k = key,
                   .v = value,
                   .out = tokens.attended,
                   .query_lengths = tokens.lengths,
                   .key_lengths = tokens.lengths,
                   .mask = tokens.mask,
                   .score = tokens.score},
                  p.output_gain, tokens.normalized, scratch);
  }
};

}  // namespace headwise
