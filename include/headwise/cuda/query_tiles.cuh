// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/composed_variant.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"

namespace headwise::cuda {

/// How much of a tile of keys the queries of a tile see, as far as ranges tell.
enum class sight_of_keys { none, part, whole };

/// The sight that the queries [first, first + Rows) have of some keys, worked out by a warp. Rows behind the last query
/// do not count.
template <int Rows, typename Mask>
HEADWISE_DEVICE sight_of_keys sight_from(const Mask& mask, const query_side& side, int first, key_span keys) {
  bool touches = false;
  bool misses = false;
  HEADWISE_UNROLL
  for (int row = 0; row < Rows; row += warp_size) {
    const int i = first + row + lane_index();
    if (Rows % warp_size != 0 && row + lane_index() >= Rows) continue;
    const key_span range = side.visible(mask, i);
    touches |= intersection(range, keys).size() > 0;
    misses |= i < side.queries && (keys.begin < range.begin || range.end < keys.end);
  }
  if (!any_lane(touches)) return sight_of_keys::none;
  return any_lane(misses) ? sight_of_keys::part : sight_of_keys::whole;
}

/// A tile of queries: its head, its first query, and its sight of the keys in question.
struct query_position {
  int head;
  int first;
  sight_of_keys sight;
};

/// The tiles of `Rows` queries of all query heads of one composite head that see any of some keys, head by head. A warp
/// finds them, and all warps find the same.
template <typename Variant, int Rows, typename Mask = typename Variant::mask>
struct query_tiles {
  const Mask& mask;
  /// Of any head.
  query_side side;
  int composite_head;
  key_span keys;

  // Where every composite head has the query head of its own number, there is nothing to look for.
  static constexpr bool heads_in_pairs = [] {
    for (int head = 0; head < Variant::query_heads; ++head)
      if (Variant::composite_head(head) != head) return false;
    return Variant::query_heads == Variant::composite_heads;
  }();

  HEADWISE_DEVICE static bool at_end(const query_position& at) { return at.head == Variant::query_heads; }
  HEADWISE_DEVICE query_position first() const { return found(start_of_head(0)); }
  HEADWISE_DEVICE query_position after(query_position at) const { return found(step(at)); }

 private:
  HEADWISE_DEVICE query_position start_of_head(int head) const {
    if constexpr (heads_in_pairs) {
      return {head == 0 ? composite_head : Variant::query_heads, 0, sight_of_keys::none};
    } else {
      while (head < Variant::query_heads && Variant::composite_head(head) != composite_head) ++head;
      return {head, 0, sight_of_keys::none};
    }
  }
  HEADWISE_DEVICE query_position step(query_position at) const {
    at.first += Rows;
    return at.first < side.queries ? at : start_of_head(at.head + 1);
  }
  HEADWISE_DEVICE query_position found(query_position at) const {
    while (!at_end(at)) {
      const query_side of_head{side.batch, at.head, side.queries, side.keys};
      at.sight = sight_from<Rows>(mask, of_head, at.first, keys);
      if (at.sight != sight_of_keys::none) return at;
      at = step(at);
    }
    return at;
  }
};

}  // namespace headwise::cuda
