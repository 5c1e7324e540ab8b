// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "headwise/core/token_pair.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cuda {

inline constexpr double log2_of_e = 1.4426950408889634;

/// How the products of queries and keys become scores. Where nothing but a positive scale stands between them, products
/// stay as they are and the scale waits for the exponential; otherwise they are scaled and modified in place.
template <typename Variant>
struct score_units {
  static constexpr bool modifies = detail::modifies_scores<typename Variant::score_modification>;
  static constexpr bool scale_waits = !modifies && Variant::scale > 0;
  /// The exponential of a score is 2 to the power of this times what stands in the tile.
  static constexpr float exponent = static_cast<float>((scale_waits ? Variant::scale : 1.0) * log2_of_e);
};

/// The products of a warp's queries, from `first_query` on, with the keys from `first_key` on, on their way to scores.
template <typename Variant, int Heights, int Widths>
struct score_tile {
  static constexpr float nothing = -std::numeric_limits<float>::infinity();

  warp_tile<Heights, Widths>& scores;
  query_side side;
  std::int64_t first_query;
  std::int64_t first_key;

  HEADWISE_DEVICE query_token query(int m, int half) const {
    return side.at(first_query + warp_tile<Heights, Widths>::row_of(m, half));
  }

  /// Scales and modifies what does not wait.
  HEADWISE_DEVICE void modify(const typename Variant::score_modification& modification) const {
    if constexpr (!score_units<Variant>::scale_waits) {
      const auto rule = detail::score_rule_of_head(modification, side.head, Variant::query_heads);
      for_each([&](float& score, const query_token& row, int column) {
        score *= static_cast<float>(Variant::scale);
        if constexpr (score_units<Variant>::modifies) score = rule.modify(score, pair_of(row, first_key + column));
      });
    }
  }

  /// Scores that a query does not see become minus infinity, whatever they were.
  HEADWISE_DEVICE void hide(const typename Variant::mask& mask) const {
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m)
      HEADWISE_UNROLL
      for (int half = 0; half < 2; ++half) {
        const query_token row = query(m, half);
        const key_range range = side.visible(mask, row.index());
        const auto begin = static_cast<int>(range.begin - first_key);
        const auto end = static_cast<int>(range.end - first_key);
        HEADWISE_UNROLL
        for (int n = 0; n < Widths; ++n)
          HEADWISE_UNROLL
          for (int e = 2 * half; e < 2 * half + 2; ++e) {
            const int column = warp_tile<Heights, Widths>::column_of(n, e);
            const bool visible = begin <= column && column < end &&
                                 detail::visible_in_range(mask, pair_of(row, first_key + column));
            if (!visible) scores.value[m][n][e] = nothing;
          }
      }
  }

 private:
  template <typename Visit>
  HEADWISE_DEVICE void for_each(const Visit& visit) const {
    HEADWISE_UNROLL
    for (int m = 0; m < Heights; ++m)
      HEADWISE_UNROLL
      for (int half = 0; half < 2; ++half) {
        const query_token row = query(m, half);
        HEADWISE_UNROLL
        for (int n = 0; n < Widths; ++n)
          HEADWISE_UNROLL
          for (int e = 2 * half; e < 2 * half + 2; ++e)
            visit(scores.value[m][n][e], row, warp_tile<Heights, Widths>::column_of(n, e));
      }
  }
};

}  // namespace headwise::cuda
