// SPDX-License-Identifier: Apache-2.0
// Attention of a few query rows over a part of the keys, with composite heads that are mixed tile by tile. A block has
// up to 16 composite heads and rows of all query heads that read them: 16 units of a composite head and 16 rows, two of
// them a warp's, whose queries and sums of values it holds in registers. The component heads of 16 keys stand in shared
// memory, are mixed there by all warps, and make room for the values while keys are multiplied, and the other way
// round.
#pragma once

#include <cstddef>
#include <cstdint>

#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/decode_results.cuh"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/decode_scores.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/mixed_decode_shape.cuh"
#include "headwise/cuda/mixing_tile.cuh"
#include "headwise/cuda/row_fragments.cuh"
#include "headwise/cuda/score_tile.cuh"
#include "headwise/cuda/softmax_rows.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// The body of the kernel that mixes on the fly.
template <typename Variant, typename Scalar>
class mixed_decode_tile {
  static constexpr int C = Variant::component_heads;
  static constexpr int G = Variant::composite_heads;
  using shape = mixed_decode_shape<Variant>;
  static constexpr int key_rows = shape::key_rows;
  static constexpr int units = shape::units_of_warp;
  static constexpr float exponent = score_units<Variant>::exponent;

  using key_tile = typename shape::template tile_of<Scalar, Variant::head_dim>;
  using value_tile = typename shape::template tile_of<Scalar, Variant::value_dim>;
  using sums_tile = warp_tile<1, value_tile::composite_tile::columns / 8>;

  using query_fragments = row_fragments<Scalar, Variant::head_dim>;

  /// Sixteen rows of one composite head.
  struct unit {
    query_fragments queries;
    softmax_rows<1> rows;
    sums_tile sums;
  };

 public:
  using parameters = decode_parameters<Variant, Scalar, C>;
  static constexpr std::size_t shared_bytes = shape::shared_bytes;

  static constexpr int threads() { return shape::threads; }
  static std::int64_t blocks(const parameters& p) {
    return p.q.batch * p.parts.count * shape::composite_blocks * shape::row_blocks(p.q.tokens);
  }

  HEADWISE_DEVICE mixed_decode_tile(const parameters& p, const decode_alignment& aligned) : p_(p), aligned_(aligned) {}

  HEADWISE_DEVICE void run() {
    fill_row_table();
    keys().template stage_weights<G>(p_.key_weight, place().first_composite);
    values().template stage_weights<G>(p_.value_weight, place().first_composite);
    sync_block();
    const decode_side side = p_.side(place().batch);
    const key_span range =
        intersection(keys_seen_by<shape::units * 16>(p_.mask, side, row_table(), tokens()).hull, part_keys());
    HEADWISE_UNROLL
    for (int j = 0; j < units; ++j) begin_unit(j);
    if (range.size() > 0) sum_over(range, side.keys);
    const decode_results<Variant, Scalar, C> results{p_, place().batch, place().part, aligned_.out_pairs};
    HEADWISE_UNROLL
    for (int j = 0; j < units; ++j) {
      unit_[j].rows.finish(unit_[j].sums);
      const float lse[2] = {unit_[j].rows.log_sum(0, 0, exponent), unit_[j].rows.log_sum(0, 1, exponent)};
      const decode_row row[2] = {row_of(j, 0), row_of(j, 1)};
      results.write(unit_[j].sums, lse, row, unit_table(j), p_.side(place().batch), part_keys());
    }
  }

 private:
  /// What a block works on.
  struct block_place {
    int batch;
    int part;
    int first_composite;
    int first_row;
  };
  // It is worked out again wherever it is asked for: that takes little, and registers are few.
  HEADWISE_DEVICE block_place place() const {
    const auto row_blocks = static_cast<unsigned>(shape::row_blocks(p_.q.tokens));
    const auto parts = static_cast<unsigned>(p_.parts.count);
    const auto index = static_cast<unsigned>(block_index());
    const unsigned composite_block = index / row_blocks;
    const unsigned part = composite_block / shape::composite_blocks;
    return {static_cast<int>(part / parts), static_cast<int>(part % parts),
            static_cast<int>(composite_block % shape::composite_blocks) * shape::composites,
            static_cast<int>(index % row_blocks) * shape::row_tiles * 16};
  }
  HEADWISE_DEVICE int tokens() const { return static_cast<int>(p_.q.tokens); }
  HEADWISE_DEVICE key_span part_keys() const {
    return {place().part * p_.keys_of_part, (place().part + 1) * p_.keys_of_part};
  }
  HEADWISE_DEVICE static int unit_index(int j) { return warp_index() * units + j; }

  HEADWISE_DEVICE static decode_row* row_table() {
    return reinterpret_cast<decode_row*>(shared_memory() + shape::rows_offset);
  }
  HEADWISE_DEVICE static const decode_row* unit_table(int j) { return row_table() + unit_index(j) * 16; }
  HEADWISE_DEVICE static decode_row row_of(int j, int half) {
    return load_shared(unit_table(j) + sums_tile::row_of(0, half));
  }
  // What a unit's rows see, for which there are no registers.
  HEADWISE_DEVICE static visible_keys* seen_table() {
    return reinterpret_cast<visible_keys*>(shared_memory() + shape::seen_offset);
  }
  HEADWISE_DEVICE static visible_keys seen_by(int j) { return load_shared(seen_table() + unit_index(j)); }
  HEADWISE_DEVICE void fill_row_table() const {
    for (int i = thread_index(); i < shape::units * 16; i += shape::threads) {
      const int index = i / 16;
      const int composite = place().first_composite + index / shape::row_tiles;
      const decode_row_group<Variant, false> group{composite, tokens()};
      store_shared(row_table() + i, composite < G ? group.at(place().first_row + index % shape::row_tiles * 16 + i % 16)
                                                  : decode_row{0, tokens()});
    }
  }

  HEADWISE_DEVICE static key_tile keys() { return tile_at<key_tile>(shape::key_weights_offset); }
  HEADWISE_DEVICE static value_tile values() { return tile_at<value_tile>(shape::value_weights_offset); }
  template <typename Tile>
  HEADWISE_DEVICE static Tile tile_at(int weights_offset) {
    return {{first_shared_address()},
            first_shared_address() + shape::composites_offset,
            reinterpret_cast<std::uint32_t*>(shared_memory() + weights_offset)};
  }

  HEADWISE_DEVICE query_fragments load_queries(int j) const {
    const std::int64_t live = length_of(p_.query_lengths, place().batch, p_.q.tokens);
    const Scalar* query[2];
    HEADWISE_UNROLL
    for (int half = 0; half < 2; ++half) {
      const decode_row row = row_of(j, half);
      query[half] = row.token < live ? p_.q.row(place().batch, row.token, row.head) : nullptr;
    }
    query_fragments queries;
    queries.load(query, aligned_.q_pairs);
    return queries;
  }
  // Beside the sums of wide heads there are no registers for queries: they are read for every tile.
  static constexpr bool holds_queries = Variant::head_dim <= 64;

  HEADWISE_DEVICE void begin_unit(int j) {
    if constexpr (holds_queries) unit_[j].queries = load_queries(j);
    unit_[j].sums.set_zero();
    const visible_keys seen = keys_seen_by<16>(p_.mask, p_.side(place().batch), unit_table(j), tokens());
    if (lane_index() == 0) store_shared(seen_table() + unit_index(j), seen);
    sync_warp();
  }

  /// Waits for component heads and mixes them.
  template <typename Tile>
  HEADWISE_DEVICE static void arrive(const Tile& tile) {
    wait_for_copies<0>();
    sync_block();
    tile.mix();
    sync_block();
  }

  HEADWISE_DEVICE void sum_over(key_span range, int end) {
    // Tiles start at multiples of their size, so that what a query gives does not depend on the ranges of others.
    const int begin = range.begin / key_rows * key_rows;
    // Where keys and values differ in width, what fills up the one's component heads is where the other's stand.
    constexpr bool same_padding = Variant::head_dim == Variant::value_dim;
    if constexpr (same_padding) keys().clear_padding();
    keys().start(p_.k, place().batch, begin, end, aligned_.k);
    for (int first = begin; first < range.end; first += key_rows) {
      const key_span tile = intersection({first, first + key_rows}, {0, end});
      row_fragments<Scalar, key_rows> weights[std::size_t{units}];
      if constexpr (!same_padding) keys().clear_padding();
      arrive(keys());
      values().start(p_.v, place().batch, first, end, aligned_.v);
      HEADWISE_UNROLL
      for (int j = 0; j < units; ++j)
        if (seen_by(j).touch(tile)) weigh(weights[j], j, tile);
      if constexpr (!same_padding) values().clear_padding();
      arrive(values());
      if (first + key_rows < range.end) keys().start(p_.k, place().batch, first + key_rows, end, aligned_.k);
      HEADWISE_UNROLL
      for (int j = 0; j < units; ++j)
        if (seen_by(j).touch(tile))
          multiply_columns(unit_[j].sums, weights[j], values().head(unit_index(j) / shape::row_tiles));
    }
  }

  HEADWISE_DEVICE void weigh(row_fragments<Scalar, key_rows>& weights, int j, key_span tile) {
    warp_tile<1, key_rows / 8> scores;
    scores.set_zero();
    multiply_rows(scores, holds_queries ? unit_[j].queries : load_queries(j),
                  keys().head(unit_index(j) / shape::row_tiles));
    const visible_keys seen = seen_by(j);
    const bool all_visible =
        headwise::detail::sees_whole_range<typename Variant::mask> && tile.size() == key_rows && seen.cover(tile);
    const decode_row row[2] = {row_of(j, 0), row_of(j, 1)};
    decode_scores<Variant, key_rows / 8>{scores, p_.side(place().batch), tile.begin}.finish(p_.mask, p_.score, row,
                                                                                            all_visible);
    unit_[j].rows.weigh(scores, exponent, unit_[j].sums);
    weights.round(scores);
  }

  const parameters& p_;
  const decode_alignment& aligned_;
  unit unit_[std::size_t{units}];
};

}  // namespace headwise::cuda
