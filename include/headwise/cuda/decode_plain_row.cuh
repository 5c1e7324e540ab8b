// SPDX-License-Identifier: Apache-2.0
// One query row over some of its keys, by one warp and without tensor cores, as in attend_row.cuh.
#pragma once

#include <cstdint>

#include "headwise/cuda/attend_row.cuh"
#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"

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
  const int composite = Variant::composite_head(row.head);
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
  return attend_range<float, Variant::value_dim>(
      intersection(range, side.visible(p.mask, row)),
      [&](int key) { return headwise::detail::visible_in_range(p.mask, pair_of(side.at(row), key)); }, score_of_key,
      [&](auto& out, float weight, int key) {
        const Scalar* const token = p.v.row(side.batch, key, 0);
        out.for_each([&](float& value, int d) {
          value += weight * composite_feature<G, Heads>(token, p.v.head_stride, p.value_weight, composite, d);
        });
      });
}

}  // namespace headwise::cuda
