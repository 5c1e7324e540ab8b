// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/dot_product.hpp"
#include "headwise/cpu/few_rows_product.hpp"
#include "headwise/cpu/score_rows.hpp"
#include "headwise/cpu/split_group.hpp"

namespace headwise::cpu {

/// A few rows against a block of keys, at the speed of memory: dot products with every key, whose vectors are read as
/// they lie. A row's scores stand beside each other.
template <typename Variant, typename T>
struct split_few_rows {
  using group_type = split_group<Variant, T>;
  using Real = typename group_type::Real;
  static constexpr std::int64_t block = group_type::block;
  /// Keys that are looked at before it is another group's turn: groups that lie side by side in memory are read
  /// together.
  static constexpr std::int64_t turn = 8;

  /// One thread's scratch for a group of so many rows: scores, [rows][block].
  static Real* take(host_workspace::frame& frame, std::int64_t rows) { return frame.take<Real>(rows * block); }
  static constexpr std::size_t bytes(std::int64_t rows) { return host_workspace::bytes_for<Real>(rows * block); }

  const group_type& group;
  split_state<Real> state;
  Real* scores;

  /// Scores of some keys of a block.
  void find_scores(key_range of_block, key_range some) const {
    for_pieces(some, keys_at_a_time, [&](key_range piece) {
      dot_product(group.rows, piece.size(), Variant::head_dim, row_factor<const Real>{group.query, group.query_dim()},
                  group.key_part(0, piece.begin), row_factor<Real>{scores + (piece.begin - of_block.begin), block},
                  {group.parts, Variant::head_dim, group.key_part_step},
                  group.after_keys(0, group.parts, of_block, piece, keys_ahead()));
    });
  }

  /// Turns the scores of a block into weights.
  void find_weights(key_range keys) const {
    const std::int64_t whole = rounded_up(keys.size(), packet<Real>::size);
    for (std::int64_t r = 0; r < group.rows; ++r) {
      Real* row = scores + r * block;
      finish_scores<Variant>(*group.mask, group.rule_of(r), group.token_of(r), group.range_of(r),
                             group.sees_all(r, keys), keys.begin, keys.size(), row);
      std::fill(row + keys.size(), row + whole, -std::numeric_limits<Real>::infinity());
      group.rescale(r, state.softmax[r].absorb(row, whole, Real(softmax_scale<Variant>), row), state);
    }
  }

  /// Adds the values of some keys of a block, weighted.
  void add_values(key_range of_block, key_range some, bool all_visible) const {
    const left_factor<Real> weights{scores + (some.begin - of_block.begin), block, 1};
    if (!all_visible) return group.add_visible_values(some, weights, state);
    for (std::int64_t part = 0; part < group.parts; ++part)
      for_pieces(some, keys_at_a_time, [&](key_range piece) {
        add_few_rows(group.rows, Variant::value_dim, piece.size(), weights.from_depth(piece.begin - some.begin),
                     group.value_part(part, piece.begin), group.sums_part(part, state),
                     group.after_values(part, group.parts, of_block, piece, keys_ahead()));
      });
  }

 private:
  /// Keys that are looked at for all rows while they are in the nearest cache.
  static constexpr std::int64_t keys_at_a_time = 16;

  /// How far ahead memory is asked, in whole pieces: what arrives has to wait in the nearest cache, and where more rows
  /// are computed between, guesses of the machine's own are of less help.
  std::int64_t keys_ahead() const {
    const std::int64_t bytes = group.rows < 8 ? 8192 : 16384;
    const std::int64_t key = Variant::head_dim * static_cast<std::int64_t>(sizeof(T)) * group.parts;
    return rounded_up(bytes / key + 1, keys_at_a_time);
  }
};

}  // namespace headwise::cpu
