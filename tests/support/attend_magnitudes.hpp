// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "headwise/reference/attend.hpp"
#include "support/attend_tensors.hpp"
#include "support/compare.hpp"

namespace headwise::test {

/// How large the numbers are that each result is made of.
///
/// Scores are sums: a weight exp(s - lse) carries the rounding of s, so all sums over weights count once more for the
/// size of the scores' own terms. Stored on the way, in the type of the tensors, are the weights and the gradients of
/// the scores, for they are factors of products; scores are not. The output is stored too, and the backward reads it in
/// its sum of P dP, with its own rounding and that of the weights.
struct attend_magnitudes {
  rounded_terms out;
  rounded_terms lse;
  rounded_terms q_gradient;
  rounded_terms k_gradient;
  rounded_terms v_gradient;
};

/// The absolute values of keys and values, or what stands for them where they are sums themselves, and how often these
/// sums were rounded where they were stored.
template <typename Variant>
struct operand_sizes {
  head_tensor<double, Variant::composite_heads, Variant::head_dim> key;
  head_tensor<double, Variant::composite_heads, Variant::value_dim> value;
  int key_roundings = 0;
  int value_roundings = 0;

  template <typename Scalar>
  explicit operand_sizes(const attend_tensors<Variant, Scalar>& t)
      : key(converted<double>(t.k)), value(converted<double>(t.v)) {
    const auto absolute = [](double& x) { x = std::fabs(x); };
    key.for_each(absolute);
    value.for_each(absolute);
  }
};

/// Adds up what the results of a call are made of, query row by query row.
template <typename Variant, typename Scalar>
class magnitude_sums {
  static constexpr int G = Variant::composite_heads;
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;

 public:
  magnitude_sums(attend_tensors<Variant, Scalar>& tensors, const operand_sizes<Variant>& sizes)
      : t_(tensors),
        sizes_(sizes),
        k_terms_(t_.sizes.batch, t_.sizes.keys),
        v_terms_(t_.sizes.batch, t_.sizes.keys),
        k_roundings_(k_terms_.storage().size()),
        v_roundings_(v_terms_.storage().size()) {}

  void add_row(std::int64_t b, int head, std::int64_t i) {
    const row r{b,
                head,
                Variant::composite_head(head),
                i,
                t_.q.view().row(b, i, head),
                t_.out.view().row(b, i, head),
                t_.out_gradient.view().row(b, i, head)};
    const std::vector<weighed_key> keys = keys_of(r);
    add_forward(r, keys);
    add_backward(r, keys);
  }

  attend_magnitudes result() const {
    const double size_of_scores = 1 + largest_score_;
    attend_magnitudes m = largest_;
    m.k_gradient = {largest_magnitude(k_terms_.storage()), largest_bound(k_roundings_)};
    m.v_gradient = {largest_magnitude(v_terms_.storage()), largest_bound(v_roundings_)};
    for (rounded_terms* of_weights : {&m.out, &m.q_gradient, &m.k_gradient, &m.v_gradient})
      of_weights->summed *= size_of_scores;
    m.lse.summed = largest_magnitude(t_.lse.values) + size_of_scores;
    return m;
  }

 private:
  struct row {
    std::int64_t batch;
    int head;
    int composite;
    std::int64_t index;
    const Scalar* query;
    const Scalar* out;
    const Scalar* out_gradient;
  };
  /// A key that a row sees.
  struct weighed_key {
    std::int64_t index = 0;
    const Scalar* key = nullptr;
    const Scalar* value = nullptr;
    const double* key_sizes = nullptr;
    const double* value_sizes = nullptr;
    double weight = 0;
    double slope = 0;           ///< of the modified score as a function of <q, k>
    roundings of_score{};       ///< where keys were stored
    double gradient = 0;        ///< of the weight, <dout, v>
    double gradient_terms = 0;  ///< its absolute terms
  };

  static double number(Scalar x) { return static_cast<double>(x); }
  static double absolute_product(const Scalar* a, const double* sizes, int count) {
    double sum = 0;
    for (int d = 0; d < count; ++d) sum += std::fabs(number(a[d])) * sizes[d];
    return sum;
  }
  static double largest_bound(const std::vector<roundings>& all) {
    double largest = 0;
    for (const roundings& r : all) largest = std::max(largest, r.bound());
    return largest;
  }
  static void raise(rounded_terms& to, double summed, double stored) {
    to = {std::max(to.summed, summed), std::max(to.stored, stored)};
  }

  std::vector<weighed_key> keys_of(const row& r) {
    std::vector<weighed_key> keys;
    const auto lse = static_cast<double>(t_.lse.view().row(r.batch, r.head)[r.index]);
    const auto add_key = [&](const auto& s, double derivative) {
      weighed_key& k = keys.emplace_back();
      k.index = s.key;
      k.key = t_.k.view().row(r.batch, s.key, r.composite);
      k.value = t_.v.view().row(r.batch, s.key, r.composite);
      k.key_sizes = sizes_.key.view().row(r.batch, s.key, r.composite);
      k.value_sizes = sizes_.value.view().row(r.batch, s.key, r.composite);
      k.weight = std::exp(s.score - lse);
      k.slope = Variant::scale * derivative;
      for (int n = 0; n < sizes_.key_roundings; ++n)
        for (int d = 0; d < D; ++d) k.of_score.add(k.slope * number(r.query[d]) * number(k.key[d]));
      k.gradient = reference::loops::dot<double>(r.out_gradient, k.value, Dv);
      k.gradient_terms = absolute_product(r.out_gradient, k.value_sizes, Dv);
      largest_score_ = std::max(largest_score_, Variant::scale * absolute_product(r.query, k.key_sizes, D));
    };
    reference::loops::for_each_visible<double>(t_.forward_arguments(), r.batch, r.head, r.index,
                                               detail::length_of(t_.sizes.query_lengths, r.batch, t_.sizes.queries),
                                               detail::length_of(t_.sizes.key_lengths, r.batch, t_.sizes.keys),
                                               add_key);
    return keys;
  }

  void add_forward(const row& r, const std::vector<weighed_key>& keys) {
    roundings of_lse;
    for (const weighed_key& k : keys) of_lse.add(k.of_score, k.weight);
    raise(largest_.lse, 0, of_lse.bound());
    for (int d = 0; d < Dv; ++d) {
      double terms = 0;
      roundings of_out;
      for (const weighed_key& k : keys) {
        const double value = number(k.value[d]);
        terms += k.weight * k.value_sizes[d];
        for (int n = 0; n < 1 + sizes_.value_roundings; ++n) of_out.add(k.weight * value);
        of_out.add(k.of_score, k.weight * (value - number(r.out[d])));
      }
      raise(largest_.out, terms, of_out.bound());
    }
  }

  /// The gradient of a score is P (dP - delta + dlse), with delta = <out, dout>.
  void add_backward(const row& r, const std::vector<weighed_key>& keys) {
    const auto lse_gradient = static_cast<double>(t_.lse_gradient.view().row(r.batch, r.head)[r.index]);
    double delta = 0;
    double delta_terms = std::fabs(lse_gradient);
    roundings of_delta;
    for (int d = 0; d < Dv; ++d) of_delta.add(number(r.out[d]) * number(r.out_gradient[d]));
    for (const weighed_key& k : keys) {
      delta += k.weight * k.gradient;
      delta_terms += k.weight * k.gradient_terms;
      of_delta.add(k.weight * k.gradient);
      for (int d = 0; d < Dv; ++d) {
        const double term = k.weight * number(r.out_gradient[d]);
        v_terms_.at(r.batch, k.index, r.composite, d) += std::fabs(term);
        at<Dv>(v_roundings_, r, k.index, d).add(term);
      }
    }
    for (int d = 0; d < D; ++d) {
      const double query = number(r.query[d]);
      double terms = 0;
      double along_delta = 0;
      roundings of_query;
      for (const weighed_key& k : keys) {
        const double key = number(k.key[d]);
        const double score_terms = std::fabs(k.slope) * k.weight * (k.gradient_terms + delta_terms);
        const double score_gradient = k.slope * k.weight * (k.gradient - delta + lse_gradient);
        terms += score_terms * k.key_sizes[d];
        along_delta += k.slope * k.weight * key;
        of_query.add(score_gradient * key);
        k_terms_.at(r.batch, k.index, r.composite, d) += score_terms * std::fabs(query);
        roundings& of_key = at<D>(k_roundings_, r, k.index, d);
        of_key.add(score_gradient * query);
        of_key.add(of_delta, k.slope * k.weight * query);
      }
      of_query.add(of_delta, along_delta);
      raise(largest_.q_gradient, terms, of_query.bound());
    }
  }

  template <int Dim>
  roundings& at(std::vector<roundings>& all, const row& r, std::int64_t key, int d) const {
    return batch_token_head_view<G, Dim>(all.data(), t_.sizes.batch, t_.sizes.keys).row(r.batch, key, r.composite)[d];
  }

  attend_tensors<Variant, Scalar>& t_;
  const operand_sizes<Variant>& sizes_;
  head_tensor<double, G, D> k_terms_;
  head_tensor<double, G, Dv> v_terms_;
  std::vector<roundings> k_roundings_;
  std::vector<roundings> v_roundings_;
  attend_magnitudes largest_;
  double largest_score_ = 0;
};

/// The magnitudes of a call whose results are there.
template <typename Variant, typename Scalar>
attend_magnitudes magnitudes_of(attend_tensors<Variant, Scalar>& t, const operand_sizes<Variant>& sizes) {
  magnitude_sums<Variant, Scalar> sums(t, sizes);
  for (std::int64_t b = 0; b < t.sizes.batch; ++b)
    for (int h = 0; h < Variant::query_heads; ++h)
      for (std::int64_t i = 0; i < detail::length_of(t.sizes.query_lengths, b, t.sizes.queries); ++i)
        sums.add_row(b, h, i);
  return sums.result();
}

template <typename Variant, typename Scalar>
attend_magnitudes magnitudes_of(attend_tensors<Variant, Scalar>& t) {
  return magnitudes_of(t, operand_sizes<Variant>(t));
}

}  // namespace headwise::test
