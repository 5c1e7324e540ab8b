// SPDX-License-Identifier: Apache-2.0
// One query row over some of its keys, by one warp and without tensor cores. For scores, every lane has a key of its
// own, for sums of values, features of its own: lane l has the features l, l + 32, ... of the row. Keys that the query
// does not see are never multiplied with anything, so that nothing of them shows, whatever they hold.
#pragma once

#include <cmath>
#include <cstdint>

#include "headwise/cuda/attend_row.cuh"
#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_sums.cuh"

namespace headwise::cuda {

/// A feature of a composite head of one token, whose heads start at `token`: that head's own, or mixed from components.
template <int Composites, int Heads, typename Scalar>
HEADWISE_DEVICE float composite_feature(const Scalar* token, std::int64_t head_stride, const Scalar* weight,
                                        int composite, int d) {
  if (weight == nullptr) return load_global(token + composite * head_stride + d);
  float sum = 0;
  for (int c = 0; c < Heads; ++c)
    sum += float{load_global(weight + c * Composites + composite)} * float{load_global(token + c * head_stride + d)};
  return sum;
}

/// The outputs of a row over the keys of `range`, and their log-sum-exp.
template <typename Variant, typename Scalar, int Heads>
HEADWISE_DEVICE attended_row<float, Variant::value_dim> decode_plain_row(
    const decode_parameters<Variant, Scalar, Heads>& p, const decode_side& side, const decode_row& row,
    key_span range) {
  constexpr int G = Variant::composite_heads;
  const int composite = Variant::head_map::composite_head(row.head, Variant::query_heads, G);
  const auto rule = headwise::detail::score_rule_of_head(p.score, row.head, Variant::query_heads);
  const Scalar* const query = p.q.row(side.batch, row.token, row.head);
  const auto score_of_key = [&](int key) {
    const Scalar* const token = p.k.row(side.batch, key, 0);
    float product = 0;
    for (int d = 0; d < Variant::head_dim; ++d)
      product += float{load_global(query + d)} *
                 composite_feature<G, Heads>(token, p.k.head_stride, p.key_weight, composite, d);
    const float score = static_cast<float>(Variant::scale) * product;
    if constexpr (headwise::detail::modifies_scores<typename Variant::score_modification>) {
      return rule.modify(score, pair_of(side.at(row), key));
    } else {
      return score;
    }
  };
  range = intersection(range, side.visible(p.mask, row));
  attended_row<float, Variant::value_dim> sums{};
  float largest = nothing<float>;
  float sum = 0;
  for (int first = range.begin; first < range.end; first += warp_size) {
    const int key = first + lane_index();
    const bool visible = key < range.end && headwise::detail::visible_in_range(p.mask, pair_of(side.at(row), key));
    const float score = visible ? score_of_key(key) : nothing<float>;
    const float next = std::fmax(largest, largest_of_warp(score));
    const float shift = next == nothing<float> ? 0.0F : next;
    const float kept = std::exp(largest - shift);
    const float weight = visible ? std::exp(score - shift) : 0.0F;
    largest = next;
    sum = sum * kept + sum_over_lanes(weight);
    sums.out.for_each([&](float& value, int) { value *= kept; });
    for (int lane = 0; lane < warp_size && first + lane < range.end; ++lane) {
      const float share = shuffle_from(weight, lane);
      if (shuffle_from(static_cast<int>(visible), lane) == 0) continue;
      const Scalar* const token = p.v.row(side.batch, first + lane, 0);
      sums.out.for_each([&](float& value, int d) {
        value += share * composite_feature<G, Heads>(token, p.v.head_stride, p.value_weight, composite, d);
      });
    }
  }
  sums.lse = sum == 0 ? nothing<float> : largest + std::log(sum);
  sums.out.for_each([&](float& value, int) { value = sum == 0 ? 0.0F : value / sum; });
  return sums;
}

}  // namespace headwise::cuda
