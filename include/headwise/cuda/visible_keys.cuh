// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/core/token_pair.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/policies/mask.hpp"

namespace headwise::cuda {

/// A half-open range of keys [begin, end) in as few registers as it needs: a sequence has fewer than 2^31 tokens.
struct key_span {
  int begin;
  int end;

  HEADWISE_DEVICE int size() const { return end > begin ? end - begin : 0; }
};

/// The same range, of existing keys, in fewer registers. An empty one may begin and end anywhere.
HEADWISE_DEVICE key_span span_of(const key_range& range) {
  if (range.begin >= range.end) return {0, 0};
  return {static_cast<int>(range.begin), static_cast<int>(range.end)};
}
/// The keys in both.
HEADWISE_DEVICE key_span intersection(key_span a, key_span b) {
  return {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
}
/// The smallest range that holds both; an empty one adds nothing.
HEADWISE_DEVICE key_span hull(key_span a, key_span b) {
  if (a.size() == 0) return b;
  if (b.size() == 0) return a;
  return {a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}
/// The range of the lane whose index differs in the bits of `mask`. All lanes of the warp take part.
HEADWISE_DEVICE key_span shuffle_xor(key_span range, int mask) {
  return {shuffle_xor(range.begin, mask), shuffle_xor(range.end, mask)};
}

/// The keys that a run of queries sees: none outside of `hull`, and every query sees all of `common`, as far as ranges
/// tell. It is one access of 16 bytes.
struct alignas(16) visible_keys {
  key_span hull;
  key_span common;

  /// Whether any query may see a key of a tile.
  HEADWISE_DEVICE bool touch(key_span tile) const { return intersection(hull, tile).size() > 0; }
  /// Whether every query sees every key of a tile.
  HEADWISE_DEVICE bool cover(key_span tile) const { return common.begin <= tile.begin && tile.end <= common.end; }

  /// One query more, which sees this range.
  HEADWISE_DEVICE void add(key_span range) {
    hull = cuda::hull(hull, range);
    common = intersection(common, range);
  }
  /// The same of the queries of every `Lanes` lanes of a warp.
  template <int Lanes = warp_size>
  HEADWISE_DEVICE visible_keys over_lanes() const {
    visible_keys all = *this;
    HEADWISE_UNROLL
    for (int bit = 1; bit < Lanes; bit *= 2) {
      all.hull = cuda::hull(all.hull, shuffle_xor(all.hull, bit));
      all.common = intersection(all.common, shuffle_xor(all.common, bit));
    }
    return all;
  }
};

/// The queries of one head of one sequence, as far as masks and score modifications are concerned.
struct query_side {
  int batch;
  int head;
  int queries;
  int keys;

  HEADWISE_DEVICE query_token at(int index) const { return query_at(index, head, batch, queries, keys); }
  /// The keys that the query at `index` may see; a row behind the last query sees nothing.
  template <typename Mask>
  HEADWISE_DEVICE key_span visible(const Mask& mask, int index) const {
    return index < queries ? span_of(detail::visible_keys_of(mask, at(index))) : key_span{0, 0};
  }
};

/// The keys that one query sees, from a lane's first key on: the lane's other keys are at constant places behind it,
/// which costs no registers.
template <typename Mask>
struct keys_from_lane {
  const Mask& mask;
  query_token query;
  int first_key;
  key_span range;

  HEADWISE_DEVICE keys_from_lane(const Mask& of, const query_side& side, int index, int first)
      : mask(of), query(side.at(index)), first_key(first) {
    const key_span all = side.visible(mask, index);
    range = {all.begin - first, all.end - first};
  }
  HEADWISE_DEVICE bool has(int place) const {
    return range.begin <= place && place < range.end &&
           detail::visible_in_range(mask, pair_of(query, first_key + place));
  }
};

/// What the queries [first, first + Rows) see, worked out by a warp. Rows from `end` on do not count: nobody asks for
/// them.
template <int Rows, typename Mask>
HEADWISE_DEVICE visible_keys keys_seen_by(const Mask& mask, const query_side& side, int first, int end) {
  visible_keys seen{{0, 0}, {0, side.keys}};
  for (int i = first + lane_index(); i < first + Rows && i < end; i += warp_size) seen.add(side.visible(mask, i));
  return seen.over_lanes();
}

}  // namespace headwise::cuda
