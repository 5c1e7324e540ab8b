// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/token_pair.hpp"
#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/score_tile.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cuda {

/// The products of a warp's sixteen rows, which may be of different heads, with the keys from `first_key` on, on their
/// way to scores.
template <typename Variant, int Widths>
struct decode_scores {
  warp_tile<1, Widths>& scores;
  decode_side side;
  int first_key;

  /// Scales and modifies what does not wait for the exponential, in the two rows of this lane. Scores that a row does
  /// not see become minus infinity, whatever they were, and are not shown to the modification; `all_visible` says that
  /// there are none.
  HEADWISE_DEVICE void finish(const typename Variant::mask& mask,
                              const typename Variant::score_modification& modification, const decode_row (&rows)[2],
                              bool all_visible) const {
    if (all_visible && score_units<Variant>::scale_waits) return;
    scores.for_each_row([&](int m, int half) {
      // What fills up the rows stands behind all queries.
      const query_token at = side.of_head(rows[half].head).at(existing_token<Variant>(rows[half].token, side.queries));
      const key_span range = side.visible(mask, rows[half]);
      const auto rule = headwise::detail::score_rule_of_head(modification, rows[half].head, Variant::query_heads);
      scores.for_each_in_row(m, half, [&](float& score, int column) {
        const token_pair pair = pair_of(at, first_key + column);
        const bool visible = all_visible || (range.begin <= pair.key && pair.key < range.end &&
                                             headwise::detail::visible_in_range(mask, pair));
        score = visible ? finished(score, rule, pair) : nothing<float>;
      });
    });
  }

 private:
  template <typename Rule>
  HEADWISE_DEVICE static float finished(float product, const Rule& rule, const token_pair& pair) {
    if constexpr (score_units<Variant>::scale_waits) {
      return product;
    } else {
      const float score = product * static_cast<float>(Variant::scale);
      if constexpr (score_units<Variant>::modifies) return rule.modify(score, pair);
      return score;
    }
  }
};

}  // namespace headwise::cuda
