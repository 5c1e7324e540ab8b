// SPDX-License-Identifier: Apache-2.0
// The gradients of a block of queries on tensor cores. A warp owns 16 Heights rows and keeps for them, in registers,
// the weights of one tile of keys, the gradients of these, and the sums of keys; as everything in a `warp_tile`, a row
// is spread over four lanes. Queries, gradients of outputs, the numbers of the queries and two tiles of keys and values
// stand in shared memory.
#pragma once

#include "headwise/cuda/attend_backward_parameters.cuh"
#include "headwise/cuda/attend_settings.cuh"
#include "headwise/cuda/gradient_row.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/key_value_stages.cuh"
#include "headwise/cuda/nan_watch.cuh"
#include "headwise/cuda/query_numbers.cuh"
#include "headwise/cuda/score_gradient_tile.cuh"
#include "headwise/cuda/shared_bytes.cuh"
#include "headwise/cuda/shared_tile.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"

namespace headwise::cuda {

/// The body of the kernel.
template <typename Variant, typename Scalar, attend_settings Settings>
class query_gradient_tile {
  static constexpr int D = Variant::head_dim;
  static constexpr int Dv = Variant::value_dim;
  static constexpr int heights = Settings.query_rows / Settings.warps / 16;
  static constexpr int threads = Settings.threads();
  static_assert(heights * Settings.warps * 16 == Settings.query_rows);

  using query_tile = shared_tile<Settings.query_rows, D>;
  using out_tile = shared_tile<Settings.query_rows, Dv>;
  using stages = key_value_stages<Settings.key_rows, D, Dv, threads>;
  using weights_tile = warp_tile<heights, Settings.key_rows / 8>;
  using sums_tile = warp_tile<heights, query_tile::columns / 8>;
  static constexpr int numbers_offset = query_tile::bytes + out_tile::bytes + stages::bytes;

 public:
  using parameters = attend_backward_parameters<Variant, Scalar>;
  static constexpr attend_settings settings = Settings;
  static constexpr int shared_bytes = numbers_offset + Settings.query_rows * static_cast<int>(sizeof(query_numbers));
  static_assert(shared_bytes <= shared_bytes_everywhere);

  HEADWISE_DEVICE query_gradient_tile(const parameters& p, const aligned_gradients& aligned)
      : p_(p),
        aligned_(aligned),
        block_(query_block_of<Variant::query_heads, Settings.query_rows>(block_index(), p.q.batch, p.q.tokens)),
        warp_row_(warp_index() * heights * 16),
        rule_(detail::score_rule_of_head(p.score, block_.head, Variant::query_heads)) {}

  HEADWISE_DEVICE void run() {
    sums_.set_zero();
    const query_side side = p_.side(block_.batch, block_.head);
    const visible_keys block_keys = keys_seen_by<Settings.query_rows>(p_.mask, side, block_.first, side.queries);
    if (block_keys.hull.size() > 0) {
      warp_keys_ = keys_seen_by<heights * 16>(p_.mask, side, first_query(), side.queries);
      sum_over(block_keys.hull, side);
    }
    sync_block();
    write();
    // Taking a row by itself removes what has come from keys that are hidden from it.
    nans_.template take_spoiled_rows<heights * 16>(first_query(), static_cast<int>(p_.q.tokens),
                                                   [&](int i) { write_query_gradient(p_, side, i); });
  }

 private:
  HEADWISE_DEVICE int first_query() const { return block_.first + warp_row_; }
  HEADWISE_DEVICE static query_tile queries() { return {first_shared_address()}; }
  HEADWISE_DEVICE static out_tile out_gradients() { return {first_shared_address() + query_tile::bytes}; }
  HEADWISE_DEVICE static stages keys_and_values() {
    return {first_shared_address() + (query_tile::bytes + out_tile::bytes)};
  }
  HEADWISE_DEVICE static const query_numbers* numbers() {
    return reinterpret_cast<const query_numbers*>(shared_memory() + numbers_offset);
  }

  HEADWISE_DEVICE void sum_over(key_span range, const query_side& side) {
    copy_rows<threads>(p_.q, block_.batch, block_.head, block_.first, side.queries, aligned_.q, queries());
    copy_rows<threads>(p_.out_gradient, block_.batch, block_.head, block_.first, side.queries, aligned_.out_gradient,
                       out_gradients());
    copy_query_numbers<Settings.query_rows>(p_, block_.batch, block_.head, block_.first,
                                            first_shared_address() + numbers_offset);
    const stages tiles = keys_and_values();
    const int composite = Variant::composite_head(block_.head);
    tiles.for_each_tile(p_, aligned_, block_.batch, composite, range, side.keys, [&](int first, int stage) {
      const key_span tile{first, first + Settings.key_rows};
      if (!warp_keys_.touch(tile)) return;
      const bool whole = warp_keys_.cover(tile) && detail::sees_whole_range<typename Variant::mask>;
      weights_tile weights;
      weights_tile gradients;
      weights.set_zero();
      gradients.set_zero();
      multiply_rows<Scalar>(weights, queries(), warp_row_, tiles.keys(stage));
      multiply_rows<Scalar>(gradients, out_gradients(), warp_row_, tiles.values(stage));
      const score_gradient_tile<Variant, queries_along::rows, heights, Settings.key_rows / 8> step{
          weights, gradients, side, first_query(), first};
      step.run(numbers() + warp_row_, p_.mask, rule_, whole);
      nans_.before_tile(whole, sums_);
      multiply_columns<Scalar>(sums_, gradients, tiles.keys(stage));
    });
    nans_.end(sums_);
    clear_rows_without_weight();
  }

  // Rows behind the last query and those without a finite score see tiles of which the others have all.
  HEADWISE_DEVICE void clear_rows_without_weight() {
    sums_.for_each_row([&](int m, int half) {
      if (!gives_weight(load_shared(numbers() + warp_row_ + sums_.row_of(m, half))))
        sums_.for_each_in_row(m, half, [](float& sum, int) { sum = 0; });
    });
  }

  HEADWISE_DEVICE void write() {
    sums_.scale(static_cast<float>(Variant::scale));
    put<Scalar>(sums_, queries(), warp_row_);
    sync_warp();
    write_rows<heights * 16>(queries(), warp_row_, p_.q_gradient, block_.batch, block_.head, first_query(),
                             static_cast<int>(p_.q.tokens), aligned_.gradients);
  }

  const parameters& p_;
  const aligned_gradients& aligned_;
  query_block block_;
  int warp_row_;
  score_rule_of<Variant> rule_;
  visible_keys warp_keys_;
  nan_watch nans_;
  sums_tile sums_;
};

}  // namespace headwise::cuda
