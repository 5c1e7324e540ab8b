// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/token_pair.hpp"
#include "headwise/cuda/attend_backward_parameters.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/score_tile.cuh"
#include "headwise/cuda/visible_keys.cuh"
#include "headwise/cuda/warp_tile.cuh"
#include "headwise/policies/mask.hpp"
#include "headwise/policies/score.hpp"

namespace headwise::cuda {

/// Whether the rows of a tile are queries, or its columns.
enum class queries_along { rows, columns };

/// The products <q, k> of a warp's queries and keys in `weights`, and <dout, v> in `gradients`, on their way to the
/// weights of keys and the gradients of products, these without the factor of the scale.
template <typename Variant, queries_along Axis, int Heights, int Widths>
struct score_gradient_tile {
  using tile = warp_tile<Heights, Widths>;
  static constexpr bool by_rows = Axis == queries_along::rows;
  static constexpr int queries = 2 * (by_rows ? Heights : Widths);
  static constexpr int keys = 2 * (by_rows ? Widths : Heights);

  tile& weights;
  tile& gradients;
  query_side side;
  int first_query;
  int first_key;

  /// `numbers` are those of the queries from `first_query` on, in shared memory. Where `whole`, every query sees every
  /// key; otherwise what is hidden becomes 0, whatever it was.
  HEADWISE_DEVICE void run(const query_numbers* numbers, const typename Variant::mask& mask,
                           const score_rule_of<Variant>& rule, bool whole) const {
    HEADWISE_UNROLL
    for (int query = 0; query < queries; ++query) {
      const query_numbers mine = load_shared(numbers + query_place(query) + first_query_place());
      HEADWISE_UNROLL
      for (int key = 0; key < keys; ++key) combine(query, key, mine, rule);
    }
    if (!whole) hide(mask);
  }

 private:
  HEADWISE_DEVICE static constexpr int query_place(int query) {
    return by_rows ? tile::row_place(query) : tile::column_place(query);
  }
  HEADWISE_DEVICE static constexpr int key_place(int key) {
    return by_rows ? tile::column_place(key) : tile::row_place(key);
  }
  HEADWISE_DEVICE static int first_query_place() { return by_rows ? tile::first_row() : tile::first_column(); }
  HEADWISE_DEVICE static int first_key_place() { return by_rows ? tile::first_column() : tile::first_row(); }
  HEADWISE_DEVICE static float& at(tile& of, int query, int key) {
    return by_rows ? of.at(query, key) : of.at(key, query);
  }
  HEADWISE_DEVICE int query_index(int query) const { return first_query + first_query_place() + query_place(query); }
  HEADWISE_DEVICE int lane_key() const { return first_key + first_key_place(); }

  HEADWISE_DEVICE void combine(int query, int key, const query_numbers& numbers,
                               const score_rule_of<Variant>& rule) const {
    using units = score_units<Variant>;
    float& weight = at(weights, query, key);
    float& gradient = at(gradients, query, key);
    float score = weight;
    float slope = 1;
    if constexpr (!units::scale_waits) score *= static_cast<float>(Variant::scale);
    if constexpr (units::modifies) {
      const token_pair pair = pair_of(side.at(existing_token<Variant>(query_index(query), side.queries)),
                                      existing_token<Variant>(lane_key() + key_place(key), side.keys));
      slope = rule.derivative(score, pair);
      score = rule.modify(score, pair);
    }
    weight = exp2_fast(score * units::exponent - numbers.log_sum);
    gradient = weight * (gradient - numbers.mean_gradient);
    if constexpr (units::modifies) gradient *= slope;
  }

  HEADWISE_DEVICE void hide(const typename Variant::mask& mask) const {
    HEADWISE_UNROLL
    for (int query = 0; query < queries; ++query) {
      const keys_from_lane seen(mask, side, query_index(query), lane_key());
      HEADWISE_UNROLL
      for (int key = 0; key < keys; ++key) {
        if (seen.has(key_place(key))) continue;
        at(weights, query, key) = 0;
        at(gradients, query, key) = 0;
      }
    }
  }
};

}  // namespace headwise::cuda
