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

/// The largest over the lanes of a warp.
template <typename Real>
HEADWISE_DEVICE Real largest_of_warp(Real x) {
  HEADWISE_UNROLL
  for (int bit = 1; bit < warp_size; bit *= 2) x = std::fmax(x, shuffle_xor(x, bit));
  return x;
}

/// One row of outputs, and its log-sum-exp.
template <typename Real, int ValueDim>
struct attended_row {
  lane_row<Real, ValueDim> out;
  Real lse;
};

/// The score of a query and a key, after its modification.
template <typename Real, typename Variant, typename Scalar, typename Rule>
HEADWISE_DEVICE Real score_of(const Scalar* query, const Scalar* key, const Rule& rule, const token_pair& at) {
  const Real score = static_cast<Real>(Variant::scale) * product_of_rows<Real, Variant::head_dim>(query, key);
  if constexpr (detail::modifies_scores<typename Variant::score_modification>) {
    return rule.modify(score, at);
  } else {
    return score;
  }
}

/// The row of outputs of the query at index `i` of a sequence.
template <typename Variant, typename Scalar>
HEADWISE_DEVICE auto attend_row(const attend_inputs<Variant, Scalar>& inputs, const query_side& side, int i) {
  using real = typename Variant::template accumulator<Scalar>;
  const int composite = Variant::composite_head(side.head);
  const auto rule = detail::score_rule_of_head(inputs.score, side.head, Variant::query_heads);
  const key_span range = side.visible(inputs.mask, i);
  attended_row<real, Variant::value_dim> row{};
  real largest = nothing<real>;
  real sum = 0;
  for (int first = range.begin; first < range.end; first += warp_size) {
    const int key = first + lane_index();
    const token_pair at = pair_of(side.at(i), key);
    const bool visible = key < range.end && detail::visible_in_range(inputs.mask, at);
    const real score = visible ? score_of<real, Variant>(inputs.q.row(side.batch, i, side.head),
                                                         inputs.k.row(side.batch, key, composite), rule, at)
                               : nothing<real>;
    const real next = std::fmax(largest, largest_of_warp(score));
    const real shift = next == nothing<real> ? real(0) : next;
    const real kept = std::exp(largest - shift);
    const real weight = visible ? std::exp(score - shift) : real(0);
    largest = next;
    sum = sum * kept + sum_over_lanes(weight);
    row.out.for_each([&](real& value, int) { value *= kept; });
    for (int lane = 0; lane < warp_size && first + lane < range.end; ++lane) {
      const real share = shuffle_from(weight, lane);
      if (shuffle_from(static_cast<int>(visible), lane) == 0) continue;
      row.out.add(share, inputs.v.row(side.batch, first + lane, composite));
    }
  }
  row.lse = sum == real(0) ? nothing<real> : largest + std::log(sum);
  row.out.for_each([&](real& value, int) { value = sum == real(0) ? real(0) : value / sum; });
  return row;
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
