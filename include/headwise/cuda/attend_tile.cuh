// SPDX-License-Identifier: Apache-2.0
// Attention of a block of query rows on tensor cores. A warp owns 16 Heights rows and keeps for them, in registers, the
// scores of one tile of keys, the largest score and the sum of weights, and the sums of values; as everything in a
// `warp_tile`, a row is spread over four lanes. Queries and two tiles of keys and values stand in shared memory: the
// warps are at work on one while the other is on its way.
#pragma once

#include <algorithm>

#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/attend_row.cuh"
#include "headwise/cuda/attend_settings.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/key_value_stages.cuh"
#include "headwise/cuda/nan_watch.cuh"
#include "headwise/cuda/score_tile.cuh"
#include "headwise/cuda/shared_bytes.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/softmax_rows.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// Whether the rows of tensors start at whole chunks, so that 16 bytes can be moved at once.
struct aligned_tensors {
  bool q;
  bool k;
  bool v;
  bool out;
};

/// The body of the forward kernel.
template <typename Variant, typename Scalar, typename Norm, attend_settings Settings>
class attend_tile {
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;
  static constexpr int heights = Settings.query_rows / Settings.warps / 16;
  static constexpr int threads = Settings.threads();
  static constexpr float exponent = score_units<Variant>::exponent;
  static_assert(heights * Settings.warps * 16 == Settings.query_rows);

  using query_tile = shared_tile<Settings.query_rows, D>;
  using stages = key_value_stages<Settings.key_rows, D, Dv, threads>;
  using out_tile = shared_tile<Settings.query_rows, Dv>;
  using scores_tile = warp_tile<heights, Settings.key_rows / 8>;
  using sums_tile = warp_tile<heights, out_tile::columns / 8>;

 public:
  using parameters = attend_parameters<Variant, Scalar>;
  static constexpr attend_settings settings = Settings;
  static constexpr int shared_bytes = std::max(query_tile::bytes + stages::bytes, out_tile::bytes);
  static_assert(shared_bytes <= shared_bytes_everywhere);

  HEADWISE_DEVICE attend_tile(const parameters& p, const aligned_tensors& aligned)
      : p_(p),
        aligned_(aligned),
        block_(block_of(p)),
        rule_(detail::score_rule_of_head(p.score, block_.head, Variant::query_heads)) {}

  HEADWISE_DEVICE void run() {
    sums_.set_zero();
    const query_side side = p_.side(block_.batch, block_.head);
    const visible_keys block_keys = keys_seen_by<Settings.query_rows>(p_.mask, side, block_.first, tokens());
    if (block_keys.hull.size() > 0) {
      warp_keys_ = keys_seen_by<heights * 16>(p_.mask, side, first_query(), tokens());
      sum_over(block_keys.hull, side);
    }
    rows_.finish(sums_);
    sync_block();
    write();
    // Taking a row by itself removes what has come from keys that are hidden from it.
    nans_.template take_spoiled_rows<heights * 16>(first_query(), tokens(), [&](int i) {
      write_row<Norm>(p_, block_.batch, block_.head, i, attend_row<Variant, Scalar>(p_, side, i));
    });
  }

 private:
  HEADWISE_DEVICE int tokens() const { return static_cast<int>(p_.q.tokens); }
  HEADWISE_DEVICE static query_block block_of(const parameters& p) {
    return query_block_of<Variant::query_heads, Settings.query_rows>(block_index(), p.q.batch, p.q.tokens);
  }
  HEADWISE_DEVICE static int warp_row() { return warp_index() * heights * 16; }
  HEADWISE_DEVICE int first_query() const { return block_.first + warp_row(); }
  HEADWISE_DEVICE static query_tile queries() { return {first_shared_address()}; }
  HEADWISE_DEVICE static stages keys_and_values() { return {first_shared_address() + query_tile::bytes}; }

  HEADWISE_DEVICE int composite_head() const { return Variant::composite_head(block_.head); }
  HEADWISE_DEVICE void sum_over(key_span range, const query_side& side) {
    copy_rows<threads>(p_.q, block_.batch, block_.head, block_.first, side.queries, aligned_.q, queries());
    const stages tiles = keys_and_values();
    tiles.for_each_tile(p_, aligned_, block_.batch, composite_head(), range, side.keys, [&](int first, int stage) {
      if (!warp_keys_.touch({first, first + Settings.key_rows})) return;
      const bool whole =
          detail::sees_whole_range<typename Variant::mask> && warp_keys_.cover({first, first + Settings.key_rows});
      scores_tile scores;
      scores.set_zero();
      multiply_rows<Scalar>(scores, queries(), warp_row(), tiles.keys(stage));
      // Where scores are modified, what is known of all rows would stand in registers if lengths were not read again.
      const query_side now = score_units<Variant>::modifies ? p_.side(block_.batch, block_.head) : side;
      const score_tile<Variant, heights, Settings.key_rows / 8> step{scores, now, first_query(), first};
      step.modify(rule_);
      if (!whole) step.hide(p_.mask);
      rows_.weigh(scores, exponent, sums_);
      nans_.before_tile(whole, sums_);
      multiply_columns<Scalar>(sums_, scores, tiles.values(stage));
    });
    nans_.end(sums_);
  }

  HEADWISE_DEVICE void write() {
    if (p_.lse.data != nullptr) write_lse();
    if (p_.out.data != nullptr) write_to(p_.out);
    if constexpr (Norm::normalizes) {
      normalize();
      sync_warp();
      write_to(p_.normalized);
    }
  }

  HEADWISE_DEVICE void write_to(const head_view<Scalar, Variant::query_heads, Dv>& view) const {
    const out_tile tile{first_shared_address()};
    put<Scalar>(sums_, tile, warp_row());
    sync_warp();
    write_rows<heights * 16>(tile, warp_row(), view, block_.batch, block_.head, first_query(), tokens(), aligned_.out);
  }

  HEADWISE_DEVICE void write_lse() const {
    sums_.for_each_row([&](int m, int half) {
      const int i = first_query() + sums_.row_of(m, half);
      if (i < tokens() && lane_index() % 4 == 0)
        store_global(p_.lse.row(block_.batch, block_.head) + i, rows_.log_sum(m, half, exponent));
    });
  }

  HEADWISE_DEVICE void normalize() {
    sums_.for_each_row([&](int m, int half) {
      float squares = 0;
      sums_.for_each_in_row(m, half, [&](float sum, int) { squares += sum * sum; });
      const float r = inverse_root_mean_square(sum_of_row(squares), Dv, Norm::settings.epsilon);
      sums_.for_each_in_row(m, half, [&](float& sum, int d) {
        if (d < Dv) sum = normalized_feature<Norm, Dv>(sum, r, p_.gain, block_.head, d);
      });
    });
  }

  const parameters& p_;
  const aligned_tensors& aligned_;
  query_block block_;
  score_rule_of<Variant> rule_;
  visible_keys warp_keys_;
  nan_watch nans_;
  softmax_rows<heights> rows_;
  sums_tile sums_;
};

}  // namespace headwise::cuda
