// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/composed_variant.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/visible_keys.cuh"

namespace headwise::cuda {

/// A query row among the rows of several heads. What fills up a tile has a token behind all queries, which sees
/// nothing.
struct decode_row {
  int head;
  int token;
};

/// Query heads that read one composite head, at most.
template <any_attention_variant Variant>
consteval int most_heads_of_composite() {
  int most = 0;
  for (int g = 0; g < Variant::composite_heads; ++g) {
    int heads = 0;
    for (int i = 0; i < Variant::query_heads; ++i) heads += Variant::composite_head(i) == g ? 1 : 0;
    most = std::max(most, heads);
  }
  return most;
}

/// The rows that read the same keys, head by head: those of all query heads, or of the heads of one composite head.
template <any_attention_variant Variant, bool AllHeads>
struct decode_row_group {
  static constexpr int most_heads = AllHeads ? Variant::query_heads : most_heads_of_composite<Variant>();

  int composite;
  int tokens;

  HEADWISE_DEVICE decode_row at(int row) const {
    const int rank = row / tokens;
    const int head = AllHeads ? (rank < Variant::query_heads ? rank : -1) : head_of_composite(rank);
    return head < 0 ? decode_row{0, tokens} : decode_row{head, row - rank * tokens};
  }

 private:
  HEADWISE_DEVICE int head_of_composite(int rank) const {
    for (int head = 0; head < Variant::query_heads; ++head) {
      if (Variant::composite_head(head) == composite && rank-- == 0) return head;
    }
    return -1;
  }
};

/// What a row takes of shared memory in the decoding kernel: its place, and the mixing weights of 16 bits of its
/// composite head.
template <any_attention_variant Variant, bool Absorbs>
inline constexpr int decode_row_bytes = static_cast<int>(sizeof(decode_row)) +
                                        (Absorbs
                                             ? 2 * Variant::component_heads *
                                                   (int{Variant::key_mixing::mixes} + int{Variant::value_mixing::mixes})
                                             : 0);

/// The queries of one sequence as masks and score modifications see them, whatever their heads.
struct decode_side {
  int batch;
  int queries;
  int keys;

  HEADWISE_DEVICE query_side of_head(int head) const { return {batch, head, queries, keys}; }
  HEADWISE_DEVICE query_token at(const decode_row& row) const { return of_head(row.head).at(row.token); }
  template <typename Mask>
  HEADWISE_DEVICE key_span visible(const Mask& mask, const decode_row& row) const {
    return of_head(row.head).visible(mask, row.token);
  }
};

/// What the rows of a table see, `Rows` of them, worked out by a warp. Rows at `tokens` and behind do not count.
template <int Rows, typename Mask>
HEADWISE_DEVICE visible_keys keys_seen_by(const Mask& mask, const decode_side& side, const decode_row* rows,
                                          int tokens) {
  visible_keys seen{{0, 0}, {0, side.keys}};
  for (int i = lane_index(); i < Rows; i += warp_size) {
    const decode_row row = load_shared(rows + i);
    if (row.token < tokens) seen.add(side.visible(mask, row));
  }
  return seen.over_lanes();
}

}  // namespace headwise::cuda
