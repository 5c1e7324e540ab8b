// SPDX-License-Identifier: Apache-2.0
// The gradients of a block of keys and of their values on tensor cores. A warp owns 16 Heights keys and keeps for them,
// in registers, their weights for one tile of queries, the gradients of these, and the sums of queries and of gradients
// of outputs, keys being the rows of all four; as everything in a `warp_tile`, a row is spread over four lanes. Keys,
// values and two tiles of queries, gradients of outputs and numbers of queries stand in shared memory.
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/cuda/attend_backward_parameters.cuh"
#include "headwise/cuda/attend_settings.cuh"
#include "headwise/cuda/gradient_row.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/nan_watch.cuh"
#include "headwise/cuda/query_numbers.cuh"
#include "headwise/cuda/query_tiles.cuh"
#include "headwise/cuda/score_gradient_tile.cuh"
#include "headwise/cuda/shared_bytes.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// Which gradients a kernel works out: where heads are wide, registers do not hold the sums of both.
enum class gradients_of { keys, values, both };

/// The body of the kernel.
template <typename Variant, typename Scalar, gradients_of Wanted, attend_settings Settings>
class key_gradient_tile {
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;
  static constexpr bool wants_keys = Wanted != gradients_of::values;
  static constexpr bool wants_values = Wanted != gradients_of::keys;
  static constexpr int heights = Settings.key_rows / Settings.warps / 16;
  static constexpr int threads = Settings.threads();
  static_assert(heights * Settings.warps * 16 == Settings.key_rows);

  using key_tile = shared_tile<Settings.key_rows, D>;
  using value_tile = shared_tile<Settings.key_rows, Dv>;
  using query_tile = shared_tile<Settings.query_rows, D>;
  using out_tile = shared_tile<Settings.query_rows, Dv>;
  using weights_tile = warp_tile<heights, Settings.query_rows / 8>;
  using key_sums = warp_tile<heights, key_tile::columns / 8>;
  using value_sums = warp_tile<heights, value_tile::columns / 8>;
  static constexpr int numbers_bytes = Settings.query_rows * static_cast<int>(sizeof(query_numbers));
  static constexpr int stage_bytes = query_tile::bytes + out_tile::bytes + numbers_bytes;
  static_assert(numbers_bytes % 128 == 0);

 public:
  using parameters = attend_backward_parameters<Variant, Scalar>;
  static constexpr attend_settings settings = Settings;
  static constexpr int shared_bytes = key_tile::bytes + value_tile::bytes + 2 * stage_bytes;
  static_assert(shared_bytes <= shared_bytes_everywhere);

  HEADWISE_DEVICE key_gradient_tile(const parameters& p, const aligned_gradients& aligned) : p_(p), aligned_(aligned) {
    // Under a causal mask the first keys take the longest; they come first.
    const auto heads = static_cast<unsigned>(p.k.batch * Variant::composite_heads);
    const auto index = static_cast<unsigned>(block_index());
    batch_ = static_cast<int>(index % heads / Variant::composite_heads);
    head_ = static_cast<int>(index % heads % Variant::composite_heads);
    first_ = static_cast<int>(index / heads) * Settings.key_rows;
  }

  HEADWISE_DEVICE void run() {
    if constexpr (wants_keys) key_sums_.set_zero();
    if constexpr (wants_values) value_sums_.set_zero();
    const query_side any = p_.side(batch_, 0);
    const query_tiles<Variant, Scalar, Settings.query_rows, Settings.key_rows> tiles{p_, batch_, any.queries, head_,
                                                                                     first_};
    const query_position at = tiles.first();
    if (!tiles.at_end(at)) {
      copy_rows<threads>(p_.k, batch_, head_, first_, any.keys, aligned_.k, keys());
      copy_rows<threads>(p_.v, batch_, head_, first_, any.keys, aligned_.v, values());
      sum_over(tiles, at, any);
    }
    sync_block();
    write();
    // Taking a key by itself removes what has come from queries that do not see it.
    nans_.template take_spoiled_rows<heights * 16>(first_key(), static_cast<int>(p_.k.tokens), [&](int key) {
      write_key_gradients<wants_keys, wants_values>(p_, batch_, head_, key);
    });
  }

 private:
  HEADWISE_DEVICE static int warp_row() { return warp_index() * heights * 16; }
  HEADWISE_DEVICE int first_key() const { return first_ + warp_row(); }
  HEADWISE_DEVICE static key_tile keys() { return {first_shared_address()}; }
  HEADWISE_DEVICE static value_tile values() { return {first_shared_address() + key_tile::bytes}; }
  static constexpr int stages_offset = key_tile::bytes + value_tile::bytes;
  HEADWISE_DEVICE static query_tile queries(int stage) {
    return {first_shared_address() + (stages_offset + stage * stage_bytes)};
  }
  HEADWISE_DEVICE static out_tile out_gradients(int stage) { return {queries(stage).first + query_tile::bytes}; }
  static constexpr int numbers_offset = stages_offset + query_tile::bytes + out_tile::bytes;
  HEADWISE_DEVICE static const query_numbers* numbers(int stage) {
    return reinterpret_cast<const query_numbers*>(shared_memory() + (numbers_offset + stage * stage_bytes));
  }

  HEADWISE_DEVICE void start(const query_position& at, int queries_of_sequence, int stage) const {
    const int first = at.tile() * Settings.query_rows;
    copy_rows<threads>(p_.q, batch_, at.head, first, queries_of_sequence, aligned_.q, queries(stage));
    copy_rows<threads>(p_.out_gradient, batch_, at.head, first, queries_of_sequence, aligned_.out_gradient,
                       out_gradients(stage));
    copy_query_numbers<Settings.query_rows>(p_, batch_, at.head, first,
                                            first_shared_address() + (numbers_offset + stage * stage_bytes));
    commit_copies();
  }
  /// `any` is of any head.
  template <typename Tiles>
  HEADWISE_DEVICE void sum_over(const Tiles& tiles, query_position at, const query_side& any) {
    start(at, any.queries, 0);
    query_position next = tiles.after(at);
    int stage = 0;
    do {
      const query_side side{batch_, at.head, any.queries, any.keys};
      const auto rule = detail::score_rule_of_head(p_.score, side.head, Variant::query_heads);
      do {
        wait_for_copies<0>();
        sync_block();
        if (!tiles.at_end(next)) start(next, any.queries, stage ^ 1);
        // Before the products, where it takes fewer registers than behind them.
        const query_position later = tiles.at_end(next) ? next : tiles.after(next);
        add(side, rule, at, stage);
        at = next;
        next = later;
        stage ^= 1;
      } while (Tiles::heads_in_pairs ? !tiles.at_end(at) : at.head == side.head);
    } while (!Tiles::heads_in_pairs && !tiles.at_end(at));
    watch_before(true);
  }

  HEADWISE_DEVICE void add(const query_side& side, const score_rule_of<Variant>& rule, const query_position& at,
                           int stage) {
    weights_tile weights;
    weights_tile gradients;
    weights.set_zero();
    gradients.set_zero();
    multiply_rows<Scalar>(weights, keys(), warp_row(), queries(stage));
    if constexpr (wants_keys) multiply_rows<Scalar>(gradients, values(), warp_row(), out_gradients(stage));
    const score_gradient_tile<Variant, queries_along::columns, heights, Settings.query_rows / 8> step{
        weights, gradients, side, at.tile() * Settings.query_rows, first_key()};
    const bool whole = at.whole() && detail::sees_whole_range<typename Variant::mask>;
    step.run(numbers(stage), p_.mask, rule, whole);
    watch_before(whole);
    if constexpr (wants_values) multiply_columns<Scalar>(value_sums_, weights, out_gradients(stage));
    if constexpr (wants_keys) multiply_columns<Scalar>(key_sums_, gradients, queries(stage));
  }

  HEADWISE_DEVICE void watch_before(bool whole) {
    if constexpr (Wanted == gradients_of::both) {
      nans_.before_tile(whole, key_sums_, value_sums_);
    } else if constexpr (wants_keys) {
      nans_.before_tile(whole, key_sums_);
    } else {
      nans_.before_tile(whole, value_sums_);
    }
  }

  template <typename Sums, typename Tile, typename View>
  HEADWISE_DEVICE void write_to(const View& view, const Sums& sums, const Tile& tile) const {
    put<Scalar>(sums, tile, warp_row());
    sync_warp();
    write_rows<heights * 16>(tile, warp_row(), view, batch_, head_, first_key(), static_cast<int>(view.tokens),
                             aligned_.gradients);
  }
  HEADWISE_DEVICE void write() {
    if constexpr (wants_keys) {
      key_sums_.scale(static_cast<float>(Variant::scale));
      write_to(p_.k_gradient, key_sums_, keys());
    }
    if constexpr (wants_values) write_to(p_.v_gradient, value_sums_, values());
  }

  const parameters& p_;
  const aligned_gradients& aligned_;
  int batch_;
  int head_;
  int first_;
  nan_watch nans_;
  key_sums key_sums_;
  value_sums value_sums_;
};

}  // namespace headwise::cuda
