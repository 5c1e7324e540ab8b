// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <numbers>

#include "headwise/composed_variant.hpp"
#include "headwise/core/token_pair.hpp"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cpu {

/// Whether products become scores before softmax: where a modification has to see these in natural units, or where the
/// largest product is not the largest score. Elsewhere softmax scales on the way.
template <typename Variant>
inline constexpr bool scales_before_softmax =
    headwise::detail::modifies_scores<typename Variant::score_modification> || !(Variant::scale > 0);
/// What takes the numbers that softmax sees to units of log2, ready for exp2.
template <typename Variant>
inline constexpr double softmax_scale =
    scales_before_softmax<Variant> ? std::numbers::log2e : Variant::scale* std::numbers::log2e;

/// Brings one row of products, keys [first, first + count) and `step` numbers apart, to what softmax sees: scaled and
/// modified where that comes first, and -inf where the query sees nothing. `range` are the keys that it may see;
/// `all_visible` says that this is all of them.
template <typename Variant, typename Rule, typename Real>
void finish_scores(const typename Variant::mask& mask, const Rule& rule, const query_token& row, key_range range,
                   bool all_visible, std::int64_t first, std::int64_t count, Real* scores, std::int64_t step = 1) {
  constexpr Real hidden = -std::numeric_limits<Real>::infinity();
  // An empty range may lie anywhere, so that its distance to the first key may be no number.
  const key_range seen = intersection(range, {first, first + count});
  const std::int64_t begin = seen.size() > 0 ? seen.begin - first : 0;
  const std::int64_t end = begin + seen.size();
  if constexpr (scales_before_softmax<Variant>) {
    for (std::int64_t j = begin; j < end; ++j) {
      Real& score = scores[j * step];
      score *= Real(Variant::scale);
      if constexpr (headwise::detail::modifies_scores<typename Variant::score_modification>)
        score = rule.modify(score, pair_of(row, first + j));
    }
  }
  if (all_visible) return;
  for (std::int64_t j = 0; j < begin; ++j) scores[j * step] = hidden;
  for (std::int64_t j = end; j < count; ++j) scores[j * step] = hidden;
  if constexpr (!headwise::detail::sees_whole_range<typename Variant::mask>) {
    for (std::int64_t j = begin; j < end; ++j)
      if (!headwise::detail::visible_in_range(mask, pair_of(row, first + j))) scores[j * step] = hidden;
  }
}

}  // namespace headwise::cpu
