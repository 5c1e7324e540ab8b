// SPDX-License-Identifier: Apache-2.0
// The gradients of one query, or of one key and its value, by one warp, in any number type. Every lane has one of 32
// partners, for the weight and the gradient of its score, and features l, l + 32, ... of the row, for sums. Pairs that
// the mask hides are never multiplied with anything, so that nothing of them shows, whatever they hold.
#pragma once

#include <cmath>

#include "headwise/core/token_pair.hpp"
#include "headwise/cuda/attend_backward_parameters.cuh"
#include "headwise/cuda/attend_row.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/lane_row.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cuda {

/// The weight of one key for one query, and the gradient of their product <q, k>.
template <typename Real>
struct weight_gradient {
  Real weight;
  Real product;
};

/// Of the query at index `i` and a key that it sees. A row without a finite score gives no weight to anything.
template <typename Variant, typename Scalar>
HEADWISE_DEVICE auto gradient_of_pair(const attend_backward_parameters<Variant, Scalar>& p, const query_side& side,
                                      int i, int key, int composite) {
  using real = typename Variant::template accumulator<Scalar>;
  const real lse = load_global(p.lse.row(side.batch, side.head) + i);
  if (lse == nothing<real>) return weight_gradient<real>{0, 0};
  real score = plain_score_of<real, Variant>(p.q.row(side.batch, i, side.head), p.k.row(side.batch, key, composite));
  real slope = static_cast<real>(Variant::scale);
  if constexpr (detail::modifies_scores<typename Variant::score_modification>) {
    const auto rule = detail::score_rule_of_head(p.score, side.head, Variant::query_heads);
    const token_pair at = pair_of(side.at(i), key);
    slope *= rule.derivative(score, at);
    score = rule.modify(score, at);
  }
  const real weight = std::exp(score - lse);
  const real gradient = product_of_rows<real, Variant::value_dim>(p.out_gradient.row(side.batch, i, side.head),
                                                                  p.v.row(side.batch, key, composite));
  return weight_gradient<real>{weight, slope * weight * (gradient - p.mean_gradient(side.batch, side.head, i))};
}

/// The partners of a warp's row whose pairs were worked out, one by a lane: calls `visit(lane, gradients)` for each
/// that is visible, with all lanes.
template <typename Real, typename Visit>
HEADWISE_DEVICE void for_each_visible_lane(bool visible, const weight_gradient<Real>& mine, const Visit& visit) {
  if (!any_lane(visible)) return;
  for (int lane = 0; lane < warp_size; ++lane) {
    const bool seen = shuffle_from(static_cast<int>(visible), lane) != 0;
    const weight_gradient<Real> pair{shuffle_from(mine.weight, lane), shuffle_from(mine.product, lane)};
    if (seen) visit(lane, pair);
  }
}

/// Works out and writes the gradient of the query at index `i`.
template <typename Variant, typename Scalar>
HEADWISE_DEVICE void write_query_gradient(const attend_backward_parameters<Variant, Scalar>& p, const query_side& side,
                                          int i) {
  using real = typename Variant::template accumulator<Scalar>;
  const int composite = Variant::composite_head(side.head);
  const key_span range = side.visible(p.mask, i);
  lane_row<real, Variant::head_dim> sums{};
  for (int first = range.begin; first < range.end && !sums.is_nan(); first += warp_size) {
    const int key = first + lane_index();
    const bool visible = key < range.end && detail::visible_in_range(p.mask, pair_of(side.at(i), key));
    const auto mine = visible ? gradient_of_pair(p, side, i, key, composite) : weight_gradient<real>{0, 0};
    for_each_visible_lane(visible, mine, [&](int lane, const weight_gradient<real>& pair) {
      sums.add(pair.product, p.k.row(side.batch, first + lane, composite));
    });
  }
  sums.store(p.q_gradient.row(side.batch, i, side.head));
}

/// Works out and writes the gradients of the key at index `key` and of its value, as far as they are wanted.
template <bool WantsKeys, bool WantsValues, typename Variant, typename Scalar>
HEADWISE_DEVICE void write_key_gradients(const attend_backward_parameters<Variant, Scalar>& p, int b, int composite,
                                         int key) {
  using real = typename Variant::template accumulator<Scalar>;
  lane_row<real, Variant::head_dim> key_sums{};
  lane_row<real, Variant::value_dim> value_sums{};
  const auto can_change = [&] { return (WantsKeys && !key_sums.is_nan()) || (WantsValues && !value_sums.is_nan()); };
  for (int head = 0; head < Variant::query_heads; ++head) {
    if (Variant::composite_head(head) != composite) continue;
    const query_side side = p.side(b, head);
    for (int first = 0; first < side.queries && can_change(); first += warp_size) {
      const int i = first + lane_index();
      const key_span range = side.visible(p.mask, i);
      const bool visible =
          range.begin <= key && key < range.end && detail::visible_in_range(p.mask, pair_of(side.at(i), key));
      const auto mine = visible ? gradient_of_pair(p, side, i, key, composite) : weight_gradient<real>{0, 0};
      for_each_visible_lane(visible, mine, [&](int lane, const weight_gradient<real>& pair) {
        key_sums.add(pair.product, p.q.row(b, first + lane, head));
        value_sums.add(pair.weight, p.out_gradient.row(b, first + lane, head));
      });
    }
  }
  if constexpr (WantsKeys) key_sums.store(p.k_gradient.row(b, key, composite));
  if constexpr (WantsValues) value_sums.store(p.v_gradient.row(b, key, composite));
}

}  // namespace headwise::cuda
