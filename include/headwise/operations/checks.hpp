// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/error.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/overlap.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/attend_components.hpp"

namespace headwise::detail {

// What every backend checks before an operation starts. Shapes that are part of a view's type need no check, so that
// most of it is compiled once for all views of a number type.

inline void check_sizes(std::int64_t batch, std::int64_t tokens, const char* name, std::int64_t needed_batch,
                        std::int64_t needed_tokens) {
  require(batch == needed_batch, name, words("of batch ", batch), words("batch ", needed_batch));
  require(tokens == needed_tokens, name, words("of ", tokens, " tokens"), words(needed_tokens, " tokens"));
}

inline void check_memory(bool missing, std::int64_t batch, std::int64_t tokens, const char* name) {
  require(batch >= 0 && tokens >= 0, name, "of negative size", "a size of zero or more");
  require(!missing, name, "null", "a pointer to its elements");
}

template <typename T, int Heads, int Dim>
void check_view(const head_view<T, Heads, Dim>& view, const char* name, std::int64_t batch, std::int64_t tokens) {
  check_sizes(view.batch, view.tokens, name, batch, tokens);
  check_memory(view.data == nullptr && !is_empty(view), view.batch, view.tokens, name);
}

template <typename T>
void check_own_elements(const element_runs<T>& runs, const char* name) {
  bool broadcast = false;
  for (const strided_axis& axis : runs.axes) broadcast = broadcast || (axis.stride == 0 && axis.count > 1);
  require(!broadcast || is_empty(runs), name, "a broadcast view (a stride of zero)",
          "an element of its own everywhere");
}

/// An output has a place of its own for every element.
template <typename View>
void check_own_elements(const View& view, const char* name) {
  check_own_elements(runs_of(view), name);
}

template <typename T, int Heads, int Dim>
void check_output(const head_view<T, Heads, Dim>& view, const char* name, std::int64_t batch, std::int64_t tokens) {
  check_view(view, name, batch, tokens);
  check_own_elements(view, name);
}

template <typename T>
void check_disjoint(const element_runs<T>& output, const char* name, const element_runs<T>& input,
                    const char* input_name) {
  require(!may_overlap(output, input), name, words("overlapping ", input_name), "memory of its own");
}

template <typename Output, typename Input>
void check_disjoint(const Output& output, const char* name, const Input& input, const char* input_name) {
  constexpr bool same_numbers = std::is_same_v<decltype(runs_of(output)), decltype(runs_of(input))>;
  static_assert(same_numbers, "headwise: inputs and outputs must hold the same number type, convert one of them");
  if constexpr (same_numbers) check_disjoint(runs_of(output), name, runs_of(input), input_name);
}

template <typename T, int Heads>
void check_scalars(const head_scalar_view<T, Heads>& view, const char* name, std::int64_t batch, std::int64_t tokens) {
  check_sizes(view.batch, view.tokens, name, batch, tokens);
}

inline void check_lengths(std::span<const std::int64_t> lengths, const char* name, std::int64_t batch,
                          std::int64_t tokens) {
  if (lengths.empty()) return;
  require(static_cast<std::int64_t>(lengths.size()) == batch, name, words("of ", lengths.size(), " lengths"),
          words("one for each of ", batch, " sequences"));
  for (const std::int64_t length : lengths)
    require(0 <= length && length <= tokens, name, length, words("lengths from 0 to ", tokens));
}

template <typename T>
void check_size(std::span<T> values, const char* name, std::int64_t size) {
  require(static_cast<std::int64_t>(values.size()) == size, name, words("of ", values.size(), " numbers"),
          words(size, " numbers"));
}

template <typename Arguments>
void check_attend_inputs(const Arguments& a) {
  const std::int64_t batch = a.q.batch;
  check_view(a.q, "q", batch, a.q.tokens);
  check_view(a.k, "k", batch, a.k.tokens);
  check_view(a.v, "v", batch, a.k.tokens);
  check_lengths(a.query_lengths, "query_lengths", batch, a.q.tokens);
  check_lengths(a.key_lengths, "key_lengths", batch, a.k.tokens);
}

template <typename Arguments>
void check_attend_outputs(const Arguments& a) {
  check_output(a.out, "out", a.q.batch, a.q.tokens);
  const auto out = runs_of(a.out);
  check_disjoint(out, "out", runs_of(a.q), "q");
  check_disjoint(out, "out", runs_of(a.k), "k");
  check_disjoint(out, "out", runs_of(a.v), "v");
  if (a.lse.data != nullptr) check_scalars(a.lse, "lse", a.q.batch, a.q.tokens);
}

template <typename Variant, typename Scalar>
void check_attend(const attend_arguments<Variant, Scalar>& a) {
  check_attend_inputs(a);
  check_attend_outputs(a);
}

/// Attention with the norm after it; `out` may be null.
template <typename Variant, typename Scalar>
void check_attend_normalized(const attend_arguments<Variant, Scalar>& a, std::span<const Scalar> gain,
                             const head_view<Scalar, Variant::query_heads, Variant::value_dim>& normalized) {
  attend_arguments<Variant, Scalar> of_normalized = a;
  of_normalized.out = normalized;
  check_attend(of_normalized);
  if (a.out.data != nullptr) {
    check_attend(a);
    check_disjoint(normalized, "normalized", a.out, "out");
  }
  check_size(gain, "gain", Variant::output_norm::gains(Variant::query_heads, Variant::value_dim));
}

template <typename Variant, typename Scalar>
void check_attend_components(const attend_components_arguments<Variant, Scalar>& a) {
  constexpr int weights = Variant::component_heads * Variant::composite_heads;
  check_attend_inputs(a);
  check_size(a.key_weight, "key_weight", Variant::key_mixing::mixes ? weights : 0);
  check_size(a.value_weight, "value_weight", Variant::value_mixing::mixes ? weights : 0);
  check_size(a.composite_key_gain, "composite_key_gain", Variant::composite_key_gains);
  check_size(a.composite_value_gain, "composite_value_gain", Variant::composite_value_gains);
  check_attend_outputs(a);
}

template <typename Variant, typename Scalar>
void check_attend_backward(const attend_backward_arguments<Variant, Scalar>& a) {
  check_attend_inputs(a);
  check_view(a.out, "out", a.q.batch, a.q.tokens);
  check_view(a.out_gradient, "out_gradient", a.q.batch, a.q.tokens);
  check_scalars(a.lse, "lse", a.q.batch, a.q.tokens);
  require(a.lse.data != nullptr || is_empty(a.q), "lse", "null", "the values that attend wrote");
  if (a.lse_gradient.data != nullptr) check_scalars(a.lse_gradient, "lse_gradient", a.q.batch, a.q.tokens);
  if (a.delta.data != nullptr) check_scalars(a.delta, "delta", a.q.batch, a.q.tokens);
  check_output(a.q_gradient, "q_gradient", a.q.batch, a.q.tokens);
  check_output(a.k_gradient, "k_gradient", a.q.batch, a.k.tokens);
  check_output(a.v_gradient, "v_gradient", a.q.batch, a.k.tokens);
  const auto q = runs_of(a.q_gradient);
  const auto k = runs_of(a.k_gradient);
  const auto v = runs_of(a.v_gradient);
  const auto check_gradient = [&](const auto& gradient, const char* name) {
    check_disjoint(gradient, name, runs_of(a.q), "q");
    check_disjoint(gradient, name, runs_of(a.k), "k");
    check_disjoint(gradient, name, runs_of(a.v), "v");
    check_disjoint(gradient, name, runs_of(a.out), "out");
    check_disjoint(gradient, name, runs_of(a.out_gradient), "out_gradient");
  };
  check_gradient(q, "q_gradient");
  check_gradient(k, "k_gradient");
  check_gradient(v, "v_gradient");
  check_disjoint(q, "q_gradient", k, "k_gradient");
  check_disjoint(q, "q_gradient", v, "v_gradient");
  check_disjoint(k, "k_gradient", v, "v_gradient");
}

}  // namespace headwise::detail
