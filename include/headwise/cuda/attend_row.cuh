// SPDX-License-Identifier: Apache-2.0
// Attention of one query row by one warp, in any number type. For scores, every lane has a key of its own, for sums of
// values, features of its own: lane l has the features l, l + 32, ... of the row. Keys that the query does not see are
// never multiplied with anything, so that nothing of them shows, whatever they hold.
#pragma once

#include <cmath>
#include <cstdint>

#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/lane_row.cuh"
#include "headwise/cuda/warp_sums.cuh"
#include "headwise/policies/head_norm.hpp"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cuda {

/// One row of outputs, and its log-sum-exp.
template <typename Real, int ValueDim>
struct attended_row {
  lane_row<Real, ValueDim> out;
  Real lse;
};

/// The score of a query and a key, before its modification.
template <typename Real, typename Variant, typename Scalar>
HEADWISE_DEVICE Real plain_score_of(const Scalar* query, const Scalar* key) {
  return static_cast<Real>(Variant::scale) * product_of_rows<Real, Variant::head_dim>(query, key);
}

/// The same after its modification.
template <typename Real, typename Variant, typename Scalar, typename Rule>
HEADWISE_DEVICE Real score_of(const Scalar* query, const Scalar* key, const Rule& rule, const token_pair& at) {
  const auto score = plain_score_of<Real, Variant>(query, key);
  if constexpr (detail::modifies_scores<typename Variant::score_modification>) {
    return rule.modify(score, at);
  } else {
    return score;
  }
}

/// The row of outputs over the keys of `range` that `sees(key)`: `score_of(key)` is asked by a lane of its own,
/// `add(out, weight, key)` adds the values of a key to the features of all lanes.
template <typename Real, int ValueDim, typename Sees, typename ScoreOf, typename Add>
HEADWISE_DEVICE attended_row<Real, ValueDim> attend_range(key_span range, const Sees& sees, const ScoreOf& score_of,
                                                          const Add& add) {
  attended_row<Real, ValueDim> row{};
  Real largest = nothing<Real>;
  Real sum = 0;
  for (int first = range.begin; first < range.end; first += warp_size) {
    const int key = first + lane_index();
    const bool visible = key < range.end && sees(key);
    const Real score = visible ? score_of(key) : nothing<Real>;
    const Real next = std::fmax(largest, largest_of_warp(score));
    const Real shift = next == nothing<Real> ? Real(0) : next;
    const Real kept = std::exp(largest - shift);
    const Real weight = visible ? std::exp(score - shift) : Real(0);
    largest = next;
    sum = sum * kept + sum_over_lanes(weight);
    // All of the row is NaN, whatever comes.
    if (sum != sum) break;
    row.out.for_each([&](Real& value, int) { value *= kept; });
    for (int lane = 0; lane < warp_size && first + lane < range.end; ++lane) {
      const Real share = shuffle_from(weight, lane);
      if (shuffle_from(static_cast<int>(visible), lane) != 0) add(row.out, share, first + lane);
    }
  }
  row.lse = sum == Real(0) ? nothing<Real> : largest + std::log(sum);
  row.out.for_each([&](Real& value, int) { value = sum == Real(0) ? Real(0) : value / sum; });
  return row;
}

/// The row of outputs of the query at index `i` of a sequence.
template <typename Variant, typename Scalar>
HEADWISE_DEVICE auto attend_row(const attend_inputs<Variant, Scalar>& inputs, const query_side& side, int i) {
  using real = typename Variant::template accumulator<Scalar>;
  const int composite = Variant::composite_head(side.head);
  const auto rule = detail::score_rule_of_head(inputs.score, side.head, Variant::query_heads);
  return attend_range<real, Variant::value_dim>(
      side.visible(inputs.mask, i),
      [&](int key) { return detail::visible_in_range(inputs.mask, pair_of(side.at(i), key)); },
      [&](int key) {
        return score_of<real, Variant>(inputs.q.row(side.batch, i, side.head), inputs.k.row(side.batch, key, composite),
                                       rule, pair_of(side.at(i), key));
      },
      [&](auto& out, real weight, int key) { out.add(weight, inputs.v.row(side.batch, key, composite)); });
}

/// What the norm after attention makes of one feature, given 1 / rms of its head.
template <typename Norm, int Dim, typename Real, typename Scalar>
HEADWISE_DEVICE Real normalized_feature(Real feature, Real inverse_rms, const Scalar* gain, int head, int d) {
  // A copy, since the original is no object of the device.
  constexpr norm_settings settings = Norm::settings;
  const Real scaled = static_cast<Real>(settings.factor) * inverse_rms * feature;
  if constexpr (settings.gain == norm_gain::none) {
    return scaled;
  } else {
    return scaled * static_cast<Real>(load_global(gain + settings.gain_offset(head, Dim) + d));
  }
}

/// Writes a row of a call to wherever it is wanted, and what `Norm` makes of it.
template <typename Norm, typename Variant, typename Scalar, typename Real>
HEADWISE_DEVICE void write_row(const attend_parameters<Variant, Scalar>& p, int b, int head, int i,
                               attended_row<Real, Variant::value_dim> row) {
  constexpr int Dv = Variant::value_dim;
  if (p.lse.data != nullptr && lane_index() == 0) store_global(p.lse.row(b, head) + i, row.lse);
  if (p.out.data != nullptr) row.out.store(p.out.row(b, i, head));
  if constexpr (Norm::normalizes) {
    Real squares = 0;
    row.out.for_each([&](Real value, int) { squares += value * value; });
    const Real r = inverse_root_mean_square(sum_over_lanes(squares), Dv, Norm::settings.epsilon);
    row.out.for_each([&](Real& value, int d) { value = normalized_feature<Norm, Dv>(value, r, p.gain, head, d); });
    row.out.store(p.normalized.row(b, i, head));
  }
}

}  // namespace headwise::cuda
