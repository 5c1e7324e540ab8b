// SPDX-License-Identifier: Apache-2.0
// Attention of a few query rows over a part of the keys. A warp owns 16 rows, of all heads that read the same keys: it
// holds their queries, the scores of one tile of keys and the sums of values in registers, a row over four lanes. Tiles
// of keys and values pass through a ring in shared memory that the warps of a team share; teams take tiles in turn and
// are merged at the end. Where mixing is absorbed, the tile of one component head after the other passes: its products
// with the queries are added to the scores, weighed, and the weights of keys, weighed again, times its values to the
// sums. Composite heads never exist, and the cache is read once for all query heads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "headwise/core/host_device.hpp"
#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/decode_results.cuh"
#include "headwise/cuda/decode_rows.cuh"
#include "headwise/cuda/decode_scores.cuh"
#include "headwise/cuda/decode_settings.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/merge_teams.cuh"
#include "headwise/cuda/row_fragments.cuh"
#include "headwise/cuda/score_tile.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/softmax_rows.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// The cut of the decoding kernel for a variant.
template <any_attention_variant Variant, bool Absorbs, int RowTiles>
inline constexpr decode_settings decode_settings_for =
    decode_settings_of(std::max(Variant::head_dim, Variant::value_dim), RowTiles, decode_row_bytes<Variant, Absorbs>);

/// The body of the decoding kernel. `Absorbs`: keys and values are component heads, and a block has rows of all query
/// heads; otherwise they are composite heads, and a block has the rows of one of them.
template <typename Variant, typename Scalar, bool Absorbs, decode_settings Settings>
class decode_tile {
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;
  static constexpr int G = Variant::composite_heads;
  static constexpr int heads = Absorbs ? Variant::component_heads : G;
  static constexpr int threads = Settings.threads();
  static constexpr int team_threads = Settings.team_threads();
  static constexpr int rows = Settings.rows();
  static constexpr int key_rows = Settings.key_rows;
  static constexpr float exponent = score_units<Variant>::exponent;

  using row_group = decode_row_group<Variant, Absorbs>;
  using key_tile = shared_tile<key_rows, D>;
  using value_tile = shared_tile<key_rows, Dv>;
  using sums_tile = warp_tile<1, value_tile::columns / 8>;
  using weights_tile = warp_tile<1, key_rows / 8>;
  using team_merge = merge_teams<Settings.teams, Settings.row_tiles, sums_tile::widths>;

  static constexpr int place_bytes = std::max(key_tile::bytes, value_tile::bytes);
  static constexpr int ring_bytes = Settings.teams * Settings.stages * place_bytes;
  static constexpr int rows_offset = std::max(ring_bytes, team_merge::shared_bytes);
  static constexpr int key_weights_offset = rows_offset + rows * static_cast<int>(sizeof(decode_row));
  static constexpr int weights_bytes = heads * rows * static_cast<int>(sizeof(Scalar));
  static constexpr bool mixes_keys = Absorbs && Variant::key_mixing::mixes;
  static constexpr bool mixes_values = Absorbs && Variant::value_mixing::mixes;
  static constexpr int value_weights_offset = key_weights_offset + (mixes_keys ? weights_bytes : 0);

 public:
  using parameters = decode_parameters<Variant, Scalar, heads>;
  static constexpr decode_settings settings = Settings;
  static constexpr std::size_t shared_bytes = value_weights_offset + (mixes_values ? weights_bytes : 0);
  /// Groups of rows, with keys of their own each.
  static constexpr int groups = Absorbs ? 1 : G;

  /// Blocks that share the rows of a group, and the blocks of a call.
  HEADWISE_HOST_DEVICE static constexpr std::int64_t row_blocks(std::int64_t queries) {
    return (queries * row_group::most_heads + rows - 1) / rows;
  }
  static std::int64_t blocks(const parameters& p) {
    return p.q.batch * p.parts.count * groups * row_blocks(p.q.tokens);
  }

  HEADWISE_DEVICE decode_tile(const parameters& p, const decode_alignment& aligned) : p_(p), aligned_(aligned) {
    // Blocks that read the same keys follow each other, and those that read the same tokens.
    const auto row_blocks_of_group = static_cast<unsigned>(row_blocks(p.q.tokens));
    auto index = static_cast<unsigned>(block_index());
    first_row_ = static_cast<int>(index % row_blocks_of_group) * rows;
    index /= row_blocks_of_group;
    group_ = static_cast<int>(index % groups);
    index /= groups;
    part_ = static_cast<int>(index % static_cast<unsigned>(p.parts.count));
    batch_ = static_cast<int>(index / static_cast<unsigned>(p.parts.count));
  }

  HEADWISE_DEVICE void run() {
    fill_tables();
    sync_block();
    HEADWISE_UNROLL
    for (int half = 0; half < 2; ++half) row_[half] = table_row(sums_tile::row_of(0, half));
    const decode_side side = p_.side(batch_);
    const key_span range = intersection(keys_seen_by<rows>(p_.mask, side, row_table(), tokens()).hull, part_keys());
    sums_.set_zero();
    if (range.size() > 0) sum_over(range, side);
    rows_.finish(sums_);
    float lse[2] = {rows_.log_sum(0, 0, exponent), rows_.log_sum(0, 1, exponent)};
    if (range.size() > 0) {
      sync_block();
      team_merge(shared_memory(), team(), row_tile()).merge(sums_, lse);
    }
    if (team() != 0) return;
    const decode_results<Variant, Scalar, heads> results{p_, batch_, part_, aligned_.out_pairs};
    results.write(sums_, lse, row_, row_table() + row_tile() * 16, side, part_keys());
  }

 private:
  HEADWISE_DEVICE int tokens() const { return static_cast<int>(p_.q.tokens); }
  HEADWISE_DEVICE static int team() { return thread_index() / team_threads; }
  HEADWISE_DEVICE static int row_tile() { return warp_index() % Settings.row_tiles; }
  HEADWISE_DEVICE static void sync_team() {
    if constexpr (Settings.row_tiles == 1) {
      sync_warp();
    } else if constexpr (Settings.teams == 1) {
      sync_block();
    } else {
      sync_threads(1 + team(), team_threads);
    }
  }
  HEADWISE_DEVICE key_span part_keys() const { return {part_ * p_.keys_of_part, (part_ + 1) * p_.keys_of_part}; }

  // The block's rows, and what the heads of a row weigh, [heads][rows], stand behind the ring.
  HEADWISE_DEVICE static decode_row* row_table() {
    return reinterpret_cast<decode_row*>(shared_memory() + rows_offset);
  }
  HEADWISE_DEVICE static Scalar* weight_table(int offset) {
    return reinterpret_cast<Scalar*>(shared_memory() + offset);
  }
  HEADWISE_DEVICE static decode_row table_row(int row) { return load_shared(row_table() + row_tile() * 16 + row); }
  HEADWISE_DEVICE static int composite_of(const decode_row& row) { return Variant::composite_head(row.head); }
  HEADWISE_DEVICE void fill_tables() const {
    const row_group group{group_, tokens()};
    for (int row = thread_index(); row < rows; row += threads)
      store_shared(row_table() + row, group.at(first_row_ + row));
    const auto fill = [&](const Scalar* weight, int offset) {
      for (int i = thread_index(); i < heads * rows; i += threads) {
        const int composite = composite_of(group.at(first_row_ + i % rows));
        store_shared(weight_table(offset) + i, load_global(weight + i / rows * G + composite));
      }
    };
    if constexpr (mixes_keys) fill(p_.key_weight, key_weights_offset);
    if constexpr (mixes_values) fill(p_.value_weight, value_weights_offset);
  }

  /// The tile of a team that is started next: its first key, and which of the heads' keys, then values it is.
  struct next_tile {
    int first;
    int step;
    int place;
  };
  static constexpr int heads_of_group = Absorbs ? heads : 1;

  HEADWISE_DEVICE shared_address place_address(int place) const {
    return first_shared_address() + (team() * Settings.stages + place) * place_bytes;
  }
  HEADWISE_DEVICE static int following(int place) { return place + 1 == Settings.stages ? 0 : place + 1; }

  HEADWISE_DEVICE void start(next_tile& next, key_span range, int keys) const {
    if (next.first < range.end) {
      const int thread = thread_index() % team_threads;
      const bool is_key = next.step < heads_of_group;
      const int head = Absorbs ? (is_key ? next.step : next.step - heads_of_group) : group_;
      const shared_address to = place_address(next.place);
      if (is_key) {
        copy_rows<team_threads>(p_.k, batch_, head, next.first, keys, aligned_.k, key_tile{to}, thread);
      } else {
        copy_rows<team_threads>(p_.v, batch_, head, next.first, keys, aligned_.v, value_tile{to}, thread);
      }
      next.place = following(next.place);
      if (++next.step == 2 * heads_of_group) {
        next.step = 0;
        next.first += Settings.teams * key_rows;
      }
    }
    commit_copies();
  }

  HEADWISE_DEVICE void sum_over(key_span range, const decode_side& side) {
    // Tiles and their teams are counted from the first key of all, so that what a query gives does not depend on the
    // ranges of others.
    const int tile = range.begin / key_rows;
    const int first = (tile + (team() - tile % Settings.teams + Settings.teams) % Settings.teams) * key_rows;
    next_tile next{first, 0, 0};
    for (int i = 0; i < Settings.stages - 1; ++i) start(next, range, side.keys);
    load_queries(side);
    const visible_keys seen = keys_seen_by<16>(p_.mask, side, row_table() + row_tile() * 16, tokens());
    int place = 0;
    const auto arrive = [&] {
      wait_for_copies<Settings.stages - 2>();
      sync_team();
      start(next, range, side.keys);
      const shared_address address = place_address(place);
      place = following(place);
      return address;
    };
    for (int begin = first; begin < range.end; begin += Settings.teams * key_rows) {
      const key_span keys = intersection({begin, begin + key_rows}, {0, side.keys});
      const bool touched = seen.touch(keys);
      weights_tile scores;
      scores.set_zero();
      for (int c = 0; c < heads_of_group; ++c) {
        const key_tile tile_of_keys{arrive()};
        if (touched) add_scores(scores, tile_of_keys, c);
      }
      if (touched) {
        const bool all_visible =
            headwise::detail::sees_whole_range<typename Variant::mask> && keys.size() == key_rows && seen.cover(keys);
        decode_scores<Variant, key_rows / 8>{scores, side, begin}.finish(p_.mask, p_.score, row_, all_visible);
        rows_.weigh(scores, exponent, sums_);
      }
      for (int c = 0; c < heads_of_group; ++c) {
        const value_tile tile_of_values{arrive()};
        if (touched) add_values(scores, tile_of_values, c);
      }
    }
    wait_for_copies<0>();
  }

  HEADWISE_DEVICE void load_queries(const decode_side& side) {
    const Scalar* query[2];
    HEADWISE_UNROLL
    for (int half = 0; half < 2; ++half)
      query[half] = row_[half].token < side.queries ? p_.q.row(batch_, row_[half].token, row_[half].head) : nullptr;
    queries_.load(query, aligned_.q_pairs);
  }

  HEADWISE_DEVICE void add_scores(weights_tile& scores, const key_tile& keys, int c) const {
    if constexpr (!Absorbs) {
      multiply_rows(scores, queries_, keys);
    } else {
      if constexpr (!mixes_keys)
        if (!any_lane(reads(0, c) || reads(1, c))) return;
      weights_tile products;
      products.set_zero();
      multiply_rows(products, queries_, keys);
      scores.for_each_row([&](int m, int half) {
        const float weight = mixes_keys ? weight_of(key_weights_offset, c, half) : 0.0F;
        HEADWISE_UNROLL
        for (int i = 0; i < key_rows / 4; ++i) {
          float& score = scores.value[m][i / 2][2 * half + i % 2];
          const float product = products.value[m][i / 2][2 * half + i % 2];
          if constexpr (mixes_keys) {
            score += weight * product;
          } else if (reads(half, c)) {
            score = product;
          }
        }
      });
    }
  }

  HEADWISE_DEVICE void add_values(const weights_tile& weights, const value_tile& values, int c) {
    if constexpr (!Absorbs) {
      multiply_columns<Scalar>(sums_, weights, values);
    } else {
      if constexpr (!mixes_values)
        if (!any_lane(reads(0, c) || reads(1, c))) return;
      weights_tile weighed = weights;
      weighed.for_each_row([&](int m, int half) {
        const float weight = mixes_values ? weight_of(value_weights_offset, c, half) : reads(half, c) ? 1.0F : 0.0F;
        weighed.for_each_in_row(m, half, [&](float& x, int) { x *= weight; });
      });
      multiply_columns<Scalar>(sums_, weighed, values);
    }
  }

  HEADWISE_DEVICE bool reads(int half, int c) const { return composite_of(row_[half]) == c; }
  HEADWISE_DEVICE static float weight_of(int offset, int c, int half) {
    return static_cast<float>(
        load_shared(weight_table(offset) + c * rows + row_tile() * 16 + sums_tile::row_of(0, half)));
  }

  const parameters& p_;
  const decode_alignment& aligned_;
  int batch_;
  int part_;
  int group_;
  int first_row_;
  decode_row row_[2];
  row_fragments<Scalar, D> queries_;
  softmax_rows<1> rows_;
  sums_tile sums_;
};

}  // namespace headwise::cuda
