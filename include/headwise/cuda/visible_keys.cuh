// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/core/token_pair.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/policies/mask.hpp"

namespace headwise::cuda {

/// The keys that a run of queries sees: none outside of `hull`, and every query sees all of `common`, as far as ranges
/// tell.
struct visible_keys {
  key_range hull{0, 0};
  key_range common{0, 0};

  /// Whether a tile of keys needs to be looked at.
  HEADWISE_DEVICE bool touches(key_range tile) const { return intersection(hull, tile).size() > 0; }
  /// Whether every query sees every key of a tile.
  HEADWISE_DEVICE bool covers(key_range tile) const { return common.begin <= tile.begin && tile.end <= common.end; }
};

/// One query's place in a call, as far as masks are concerned: the sequence, the head, and how long both sides are.
struct query_side {
  std::int64_t batch;
  int head;
  std::int64_t queries;
  std::int64_t keys;

  HEADWISE_DEVICE query_token at(std::int64_t index) const { return query_at(index, head, batch, queries, keys); }
  /// The keys that the query at `index` may see; a row behind the last query sees nothing.
  template <typename Mask>
  HEADWISE_DEVICE key_range visible(const Mask& mask, std::int64_t index) const {
    return index < queries ? detail::visible_keys_of(mask, at(index)) : key_range{0, 0};
  }
};

/// What the queries [first, first + Rows) see, worked out by a warp. Rows behind the last query do not count.
template <int Rows, typename Mask>
HEADWISE_DEVICE visible_keys keys_seen_by(const Mask& mask, const query_side& side, std::int64_t first) {
  visible_keys seen{{0, 0}, {0, side.keys}};
  for (int row = lane_index(); row < Rows; row += warp_size) {
    if (first + row >= side.queries) continue;
    const key_range range = side.visible(mask, first + row);
    seen.hull = hull(seen.hull, range);
    seen.common = intersection(seen.common, range);
  }
  HEADWISE_UNROLL
  for (int mask_bit = 1; mask_bit < warp_size; mask_bit *= 2) {
    seen.hull = hull(seen.hull, {shuffle_xor(seen.hull.begin, mask_bit), shuffle_xor(seen.hull.end, mask_bit)});
    seen.common =
        intersection(seen.common, {shuffle_xor(seen.common.begin, mask_bit), shuffle_xor(seen.common.end, mask_bit)});
  }
  return seen;
}

}  // namespace headwise::cuda
