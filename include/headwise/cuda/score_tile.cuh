// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "headwise/core/token_pair.hpp"
#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cuda {

/// The logarithm of e to base 2, since the device has powers of 2.
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

/// The score modification of a variant as it is for one head.
template <typename Variant>
using score_rule_of = decltype(detail::score_rule_of_head(std::declval<const typename Variant::score_modification&>(),
                                                          0, Variant::query_heads));

/// The query or key, of `count`, that a score modification is asked about where a tile has the one at `index`: the last
/// one in place of those behind it, unless it may be asked about any.
template <typename Variant>
HEADWISE_DEVICE int existing_token(int index, int count) {
  if constexpr (detail::takes_any_pair<typename Variant::score_modification>) {
    return index;
  } else {
    return index < count ? index : count - 1;
  }
}

/// The products of a warp's queries, from `first_query` on, with the keys from `first_key` on, on their way to scores.
template <typename Variant, int Heights, int Widths>
struct score_tile {
  warp_tile<Heights, Widths>& scores;
  query_side side;
  int first_query;
  int first_key;

  /// Scales and modifies what does not wait. There is a query and a key at least.
  HEADWISE_DEVICE void modify(const score_rule_of<Variant>& rule) const {
    if constexpr (!score_units<Variant>::scale_waits) {
      scores.for_each_row([&](int m, int half) {
        const query_token row = side.at(existing_token<Variant>(first_query + scores.row_of(m, half), side.queries));
        scores.for_each_in_row(m, half, [&](float& score, int column) {
          score *= static_cast<float>(Variant::scale);
          if constexpr (score_units<Variant>::modifies)
            score = rule.modify(score, pair_of(row, existing_token<Variant>(first_key + column, side.keys)));
        });
      });
    }
  }

  /// Scores that a query does not see become minus infinity, whatever they were.
  HEADWISE_DEVICE void hide(const typename Variant::mask& mask) const {
    scores.for_each_row([&](int m, int half) {
      const int lane_key = first_key + scores.column_of(0, 0);
      const keys_from_lane seen(mask, side, first_query + scores.row_of(m, half), lane_key);
      scores.for_each_in_row(m, half, [&](float& score, int column) {
        if (!seen.has(column - scores.column_of(0, 0))) score = nothing<float>;
      });
    });
  }
};

}  // namespace headwise::cuda
