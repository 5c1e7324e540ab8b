// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "headwise/core/head_view.hpp"
#include "headwise/cpu/head_layout.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/score_rules.hpp"
#include "headwise/operations/attend_arguments.hpp"

namespace headwise::cpu {

/// A view of vectors whose sizes are not part of its type.
template <typename T>
using head_rows = head_view<T, 0, 0>;
/// The same of one number per head and token.
template <typename T>
using head_numbers = head_scalar_view<T, 0>;

/// A view of vectors as one whose type does not know their sizes.
template <typename T, int Heads, int Dim>
head_rows<T> rows_of(const head_view<T, Heads, Dim>& view) {
  return {view.data, view.batch, view.tokens, view.batch_stride, view.token_stride, view.head_stride};
}
/// The same of numbers.
template <typename T, int Heads>
head_numbers<T> numbers_of(const head_scalar_view<T, Heads>& view) {
  return {view.data, view.batch, view.tokens, view.batch_stride, view.head_stride};
}

/// The vectors of one head, as rows of a product. A tensor of no tokens may have no memory.
template <typename T>
row_factor<T> rows_of_head(const head_rows<T>& view, std::int64_t b, std::int64_t head) {
  return {view.data == nullptr ? nullptr : view.row(b, 0, head), view.token_stride};
}

/// Queries, keys and values of a call, of whatever variant: kernels that take these are compiled once for all.
template <typename T, typename Real>
struct attend_inputs {
  head_layout heads;
  const score_rules<Real>& rules;
  head_rows<const T> q;
  head_rows<const T> k;
  head_rows<const T> v;
  std::span<const std::int64_t> query_lengths;
  std::span<const std::int64_t> key_lengths;

  std::int64_t live_queries(std::int64_t b) const { return headwise::detail::length_of(query_lengths, b, q.tokens); }
  std::int64_t live_keys(std::int64_t b) const { return headwise::detail::length_of(key_lengths, b, k.tokens); }
  head_shape shape_of(std::int64_t b, std::int64_t head) const {
    return {static_cast<int>(head), b, live_queries(b), live_keys(b)};
  }

  row_factor<const T> query_rows(std::int64_t b, std::int64_t head) const { return rows_of_head(q, b, head); }
  row_factor<const T> key_rows(std::int64_t b, std::int64_t head) const { return rows_of_head(k, b, head); }
  row_factor<const T> value_rows(std::int64_t b, std::int64_t head) const { return rows_of_head(v, b, head); }
};

/// The inputs among a call's arguments, under rules that outlive them.
template <typename Arguments, typename Real>
attend_inputs<typename Arguments::scalar, Real> inputs_of(const Arguments& a, const score_rules<Real>& rules) {
  return {head_layout_of<typename Arguments::variant>,
          rules,
          rows_of(a.q),
          rows_of(a.k),
          rows_of(a.v),
          a.query_lengths,
          a.key_lengths};
}

/// Where a call's results go: outputs, and log-sum-exp where it is wanted.
template <typename T, typename Real>
struct attend_outputs {
  head_rows<T> out;
  head_numbers<Real> lse;
};

/// The outputs among a call's arguments.
template <typename Arguments>
attend_outputs<typename Arguments::scalar, typename Arguments::accumulator> outputs_of(const Arguments& a) {
  return {rows_of(a.out), numbers_of(a.lse)};
}

/// What a backward call has besides its inputs, as `attend_backward_arguments` describes it.
template <typename T, typename Real>
struct attend_gradients {
  head_rows<const T> out;
  head_numbers<const Real> lse;
  head_rows<const T> out_gradient;
  head_numbers<const Real> lse_gradient;
  head_numbers<const Real> delta;
  head_rows<T> q_gradient;
  head_rows<T> k_gradient;
  head_rows<T> v_gradient;
};

/// What a backward call's arguments have besides its inputs.
template <typename Variant, typename T>
attend_gradients<T, typename Variant::template accumulator<T>> gradients_of(
    const attend_backward_arguments<Variant, T>& a) {
  return {rows_of(a.out),      numbers_of(a.lse),     rows_of(a.out_gradient), numbers_of(a.lse_gradient),
          numbers_of(a.delta), rows_of(a.q_gradient), rows_of(a.k_gradient),   rows_of(a.v_gradient)};
}

}  // namespace headwise::cpu
