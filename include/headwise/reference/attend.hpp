// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/token_pair.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::reference {

namespace loops {

/// One visible pair of a row: the scaled score before and after its modification.
template <typename Real>
struct row_score {
  std::int64_t key;
  Real raw;
  Real score;
};

template <typename Real, typename T>
Real dot(const T* a, const T* b, int count) {
  Real sum = 0;
  for (int d = 0; d < count; ++d) sum += Real(a[d]) * Real(b[d]);
  return sum;
}

/// Calls `visit(row_score, rule, at)` for every key that the query at index `i` sees.
template <typename Real, typename Arguments, typename Visit>
void for_each_visible(const Arguments& a, std::int64_t b, int head, std::int64_t i, std::int64_t queries,
                      std::int64_t keys, const Visit& visit) {
  using variant = typename Arguments::variant;
  const query_token row = query_at(i, head, b, queries, keys);
  const auto rule = headwise::detail::score_rule_of_head(a.score, head, variant::query_heads);
  const key_range range = headwise::detail::visible_keys_of(a.mask, row);
  for (std::int64_t key = range.begin; key < range.end; ++key) {
    const token_pair at = pair_of(row, key);
    if (!headwise::detail::visible_in_range(a.mask, at)) continue;
    const Real raw = Real(variant::scale) *
                     dot<Real>(a.q.row(b, i, head), a.k.row(b, key, variant::composite_head(head)), variant::head_dim);
    if constexpr (headwise::detail::modifies_scores<typename variant::score_modification>) {
      visit(row_score<Real>{key, raw, rule.modify(raw, at)}, rule.derivative(raw, at));
    } else {
      visit(row_score<Real>{key, raw, raw}, Real(1));
    }
  }
}

template <typename T, int Heads, int Dim>
void set_zero(const head_view<T, Heads, Dim>& view) {
  for (std::int64_t b = 0; b < view.batch; ++b)
    for (std::int64_t n = 0; n < view.tokens; ++n)
      for (int h = 0; h < Heads; ++h) std::fill_n(view.row(b, n, h), Dim, T(0));
}

/// Sums [batch][tokens][Heads][Dim] in the type that they are taken in; each is rounded once, where it is stored.
template <typename Real, int Heads, int Dim>
class head_sums {
 public:
  template <typename T>
  explicit head_sums(const head_view<T, Heads, Dim>& shape)
      : sums_(static_cast<std::size_t>(shape.batch * shape.tokens * Heads * Dim)),
        view_(batch_token_head_view<Heads, Dim>(sums_.data(), shape.batch, shape.tokens)) {}
  head_sums(const head_sums&) = delete;
  head_sums& operator=(const head_sums&) = delete;

  Real* row(std::int64_t b, std::int64_t token, int head) { return view_.row(b, token, head); }

  template <typename T>
  void store(const head_view<T, Heads, Dim>& to) const {
    for (std::int64_t b = 0; b < to.batch; ++b)
      for (std::int64_t n = 0; n < to.tokens; ++n)
        for (int h = 0; h < Heads; ++h)
          for (int d = 0; d < Dim; ++d) to.row(b, n, h)[d] = T(sum_type<T>(view_.row(b, n, h)[d]));
  }

 private:
  std::vector<Real> sums_;
  head_view<Real, Heads, Dim> view_;
};

}  // namespace loops

/// Attention of every query head over its composite head, as `attend_arguments` describes it. Slow and exact: plain
/// loops that work scores out again where they need them, so that they need no memory. Scores, weights and sums are of
/// the accumulator's type whatever the tensors hold, and every result is rounded once.
template <typename Variant, typename T>
void attend(const attend_arguments<Variant, T>& a) {
  headwise::detail::check_attend(a);
  using real = typename Variant::template accumulator<T>;
  constexpr real nothing = -std::numeric_limits<real>::infinity();
  loops::set_zero(a.out);
  for (std::int64_t b = 0; b < a.q.batch; ++b) {
    const std::int64_t queries = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    const std::int64_t keys = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
    for (int h = 0; h < Variant::query_heads; ++h)
      for (std::int64_t i = 0; i < a.q.tokens; ++i) {
        const auto for_each_key = [&](const auto& visit) {
          if (i < queries) loops::for_each_visible<real>(a, b, h, i, queries, keys, visit);
        };
        real largest = nothing;
        for_each_key([&](const auto& s, real) { largest = std::max(largest, s.score); });
        // A row without a finite score has no maximum to subtract: -inf - (-inf) would be NaN.
        const real shift = largest == nothing ? real(0) : largest;
        real sum = 0;
        std::array<real, Variant::value_dim> weighted{};
        for_each_key([&](const auto& s, real) {
          const real weight = std::exp(s.score - shift);
          sum += weight;
          const T* value = a.v.row(b, s.key, Variant::composite_head(h));
          for (std::size_t d = 0; d < weighted.size(); ++d) weighted[d] += weight * real(value[d]);
        });
        if (a.lse.data != nullptr) a.lse.row(b, h)[i] = sum == real(0) ? nothing : shift + std::log(sum);
        if (sum == real(0)) continue;
        for (std::size_t d = 0; d < weighted.size(); ++d) a.out.row(b, i, h)[d] = T(sum_type<T>(weighted[d] / sum));
      }
  }
}

/// The backward of `attend`: with P = exp(S - lse) and dP = <dout, v>, the gradient of a score is
/// P (dP - sum(P dP) + dlse), times the derivative of its modification. Where `delta` is given it stands for
/// sum(P dP), which it is up to rounding. Slow and exact; P, dP and all sums are of the accumulator's type, and every
/// gradient is rounded once.
template <typename Variant, typename T>
void attend_backward(const attend_backward_arguments<Variant, T>& a) {
  headwise::detail::check_attend_backward(a);
  using real = typename Variant::template accumulator<T>;
  loops::head_sums<real, Variant::query_heads, Variant::head_dim> q_gradient(a.q_gradient);
  loops::head_sums<real, Variant::composite_heads, Variant::head_dim> k_gradient(a.k_gradient);
  loops::head_sums<real, Variant::composite_heads, Variant::value_dim> v_gradient(a.v_gradient);
  for (std::int64_t b = 0; b < a.q.batch; ++b) {
    const std::int64_t queries = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    const std::int64_t keys = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
    for (int h = 0; h < Variant::query_heads; ++h)
      for (std::int64_t i = 0; i < queries; ++i) {
        const int g = Variant::composite_head(h);
        const real lse = a.lse.row(b, h)[i];
        if (lse == -std::numeric_limits<real>::infinity()) continue;
        const T* dout = a.out_gradient.row(b, i, h);
        const real lse_gradient = a.lse_gradient.data == nullptr ? real(0) : a.lse_gradient.row(b, h)[i];

        const auto for_each_key = [&](const auto& visit) {
          loops::for_each_visible<real>(a, b, h, i, queries, keys, [&](const auto& s, real derivative) {
            visit(s.key, derivative, std::exp(s.score - lse),
                  loops::dot<real>(dout, a.v.row(b, s.key, g), Variant::value_dim));
          });
        };
        real mean_gradient = 0;
        if (a.delta.data == nullptr) {
          for_each_key([&](std::int64_t, real, real weight, real gradient) { mean_gradient += weight * gradient; });
        } else {
          mean_gradient = a.delta.row(b, h)[i];
        }
        for_each_key([&](std::int64_t key, real derivative, real weight, real gradient) {
          for (int d = 0; d < Variant::value_dim; ++d) v_gradient.row(b, key, g)[d] += weight * real(dout[d]);
          const real score_gradient =
              real(Variant::scale) * derivative * weight * (gradient - mean_gradient + lse_gradient);
          for (int d = 0; d < Variant::head_dim; ++d) {
            q_gradient.row(b, i, h)[d] += score_gradient * real(a.k.row(b, key, g)[d]);
            k_gradient.row(b, key, g)[d] += score_gradient * real(a.q.row(b, i, h)[d]);
          }
        });
      }
  }
  q_gradient.store(a.q_gradient);
  k_gradient.store(a.k_gradient);
  v_gradient.store(a.v_gradient);
}

}  // namespace headwise::reference
