// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "headwise/composed_variant.hpp"
#include "headwise/cuda/attend_backward_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_sums.cuh"

namespace headwise::cuda {

/// A tile of queries: its head, and in as few registers as it needs, its number, and whether one of its queries misses
/// any of the keys in question, as far as ranges tell. The head behind the last one stands for the end.
struct query_position {
  int head;
  int code;

  HEADWISE_DEVICE int tile() const { return code >> 1; }
  HEADWISE_DEVICE bool whole() const { return (code & 1) == 0; }
};

/// The tiles of queries of all query heads of one composite head that see any of some keys, head by head. A warp finds
/// them, and all warps find the same: each lane looks at one of 32 tiles that follow each other.
template <typename Variant, typename Scalar, int Rows, int Keys>
struct query_tiles {
  const attend_backward_parameters<Variant, Scalar>& p;
  int batch;
  int queries;
  int composite_head;
  int first_key;

  // Where every composite head has the query head of its own number, there is nothing to look for.
  static constexpr bool heads_in_pairs = [] {
    for (int head = 0; head < Variant::query_heads; ++head)
      if (Variant::composite_head(head) != head) return false;
    return Variant::query_heads == Variant::composite_heads;
  }();

  HEADWISE_DEVICE static bool at_end(const query_position& at) { return at.head == Variant::query_heads; }
  HEADWISE_DEVICE query_position first() const { return found(head_from(0), 0); }
  HEADWISE_DEVICE query_position after(const query_position& at) const { return found(at.head, at.tile() + 1); }

 private:
  static constexpr int none = std::numeric_limits<int>::max();

  HEADWISE_DEVICE int head_from(int head) const {
    if constexpr (heads_in_pairs) {
      return head == 0 ? composite_head : Variant::query_heads;
    } else {
      while (head < Variant::query_heads && Variant::composite_head(head) != composite_head) ++head;
      return head;
    }
  }

  HEADWISE_DEVICE query_position found(int head, int tile) const {
    for (; head < Variant::query_heads; head = head_from(head + 1), tile = 0)
      for (; tile * Rows < queries; tile += warp_size) {
        const int code = least_of_warp(code_of(head, tile + lane_index()));
        if (code != none) return {head, code};
      }
    return {Variant::query_heads, 0};
  }

  HEADWISE_DEVICE int code_of(int head, int tile) const {
    if (tile * Rows >= queries) return none;
    const visible_keys seen = load_global(p.seen + (batch * Variant::query_heads + head) * p.tiles_per_head + tile);
    const key_span keys{first_key, first_key + Keys};
    if (!seen.touch(keys)) return none;
    return 2 * tile + (seen.cover(keys) ? 0 : 1);
  }
};

}  // namespace headwise::cuda
