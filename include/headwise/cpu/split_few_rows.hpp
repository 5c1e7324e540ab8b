// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "headwise/cpu/dot_product.hpp"
#include "headwise/cpu/eight_row_dots.hpp"
#include "headwise/cpu/few_rows_product.hpp"
#include "headwise/cpu/split_group.hpp"
#include "headwise/cpu/stored_numbers.hpp"

namespace headwise::cpu {

/// A few rows against a block of keys, at the speed of memory: dot products with every key, whose vectors are read as
/// they lie. A row's scores stand beside each other.
template <typename T, typename F>
struct split_few_rows {
  using group_type = split_group<T, F>;
  using Real = typename group_type::Real;
  static constexpr std::int64_t block = keys_of_block;
  /// Keys that are looked at before it is another group's turn: groups that lie side by side in memory are read
  /// together.
  static constexpr std::int64_t turn = 8;
  /// Keys of which eight rows take the scores at a time.
  static constexpr std::int64_t keys_of_eight = 48;

  /// One thread's scratch for a group of so many rows: scores, [rows][block], a copy of some keys, and weights of
  /// another type.
  static constexpr std::int64_t scratch_size(std::int64_t rows, std::int64_t head_dim) {
    const std::int64_t weights = std::is_same_v<F, Real> ? 0 : rows * block * static_cast<std::int64_t>(sizeof(number));
    return rows * block + copy_size(head_dim) + weights / static_cast<std::int64_t>(sizeof(Real));
  }

  const group_type& group;
  split_state<Real> state;
  Real* scores;

  /// Scores of some keys of a block.
  void find_scores(key_range of_block, key_range some) const {
    if constexpr (can_take_eight_rows<F>)
      if (group.takes_eight()) return find_scores_by_eight(of_block, some);
    const std::int64_t ahead = vectors_ahead(8, group.head_dim * group.parts);
    // Keys that are read again for other rows are few, so that all of their parts are in the nearest cache.
    const std::int64_t at_a_time = group.reads_keys_once() ? all_but(of_block, ahead) : ahead;
    for_pieces(some, at_a_time, [&](key_range piece) {
      dot_product(group.rows, piece.size(), group.key_elements(),
                  row_factor<const F>{group.query, group.query_elements()}, group.key_part(0, piece.begin),
                  row_factor<Real>{scores + (piece.begin - of_block.begin), block},
                  {group.parts, group.key_elements(), group.key_part_step},
                  group.after_keys(0, group.parts, of_block, piece, ahead));
    });
  }

  /// Turns the scores of a block into weights.
  void find_weights(key_range keys, bool all_visible) const {
    const std::int64_t whole = rounded_up(keys.size(), packet<Real>::size);
    for (std::int64_t r = 0; r < group.rows; ++r) {
      Real* row = scores + r * block;
      group.finish(r, keys, all_visible, row, 1);
      std::fill(row + keys.size(), row + whole, -std::numeric_limits<Real>::infinity());
      const Real scale = group.rules->softmax_scale();
      online_softmax<Real>& softmax = state.softmax[r];
      group.rescale(r,
                    all_visible ? softmax.template absorb<F>(row, whole, scale, weights() + r * block)
                                : softmax.absorb(row, whole, scale, row),
                    state);
    }
  }

  /// Adds the values of some keys of a block, weighted.
  void add_values(key_range of_block, key_range some, bool all_visible) const {
    const std::int64_t offset = some.begin - of_block.begin;
    if (!all_visible) return group.add_visible_values(some, {scores + offset, block, 1}, state);
    const std::int64_t ahead = vectors_ahead(group.reads_values_in_order() ? 8 : 24, group.value_dim);
    const std::int64_t at_a_time = all_but(of_block, ahead);
    for (std::int64_t part = 0; part < group.parts; ++part)
      for_pieces(some, at_a_time, [&](key_range piece) {
        const number* first = weights() + (piece.begin - of_block.begin);
        const row_factor<const T> values = group.value_part(part, piece.begin);
        const row_factor<Real> sums = group.sums_part(part, state);
        const auto upcoming = group.after_values(part, group.takes_eight() ? 1 : group.parts, of_block, piece, ahead);
        if constexpr (factor<F>::depth == 1) {
          add_few_rows(group.rows, group.value_dim, piece.size(), left_factor<F>{first, block, 1}, values, sums,
                       upcoming);
        } else {
          const std::int64_t pairs = piece.size() / 2;
          add_few_rows(group.rows, group.value_dim, pairs,
                       left_factor<F>{reinterpret_cast<const F*>(first), block / 2, 1},
                       row_pair_factor<T>{values.data, values.row_step}, sums, upcoming);
          if (piece.size() % 2 != 0) add_last_value(first + 2 * pairs, values.from_row(2 * pairs), sums);
        }
      });
  }

 private:
  using number = typename factor<F>::number;

  /// Scores of eight rows at a time, part by part, and then of the rows that are left.
  void find_scores_by_eight(key_range of_block, key_range some) const {
    const std::int64_t elements = group.key_elements();
    const std::int64_t ahead = vectors_ahead(24, group.head_dim);
    for (std::int64_t part = 0; part < group.parts; ++part)
      for_pieces(some, keys_of_eight, [&](key_range piece) {
        const row_factor<const T> keys = group.key_part(part, piece.begin);
        const row_factor<Real> result{scores + (piece.begin - of_block.begin), block};
        eight_row_dots(piece.size(), elements, static_cast<const F*>(group.query) + part * 8 * elements,
                       group.near_keys(part, piece, copy()), result, write_of_part(part),
                       group.after_keys(part, 1, of_block, piece, ahead));
        if (part == 0 && group.rows > 8)
          dot_product(group.rows - 8, piece.size(), elements,
                      row_factor<const F>{group.query, group.query_elements()}.from_row(8), keys, result.from_row(8),
                      {group.parts, elements, group.key_part_step});
      });
  }

  static_assert(!can_take_eight_rows<F> || sizeof(F) == sizeof(Real));
  static constexpr std::int64_t copy_size(std::int64_t head_dim) {
    return can_take_eight_rows<F> && !std::is_same_v<T, F> ? keys_of_eight * elements_of<F>(head_dim) : 0;
  }
  F* copy() const { return reinterpret_cast<F*>(scores + group.rows * block); }
  /// [rows][block]
  number* weights() const {
    if constexpr (std::is_same_v<F, Real>)
      return scores;
    else
      return reinterpret_cast<number*>(scores + group.rows * block + copy_size(group.head_dim));
  }

  /// A key without another one to make a pair of.
  void add_last_value(const number* weight, row_factor<const T> value, row_factor<Real> sums) const {
    for (std::int64_t r = 0; r < group.rows; ++r)
      add_scaled(value.data, group.value_dim, Real(weight[r * block]), sums.from_row(r).data);
  }

  /// How far ahead memory is asked: vectors of about so many KiB, whole elements of them.
  static constexpr std::int64_t vectors_ahead(std::int64_t kib, std::int64_t dim) {
    return group_type::vectors_of(kib << 10, dim, 4 * factor<F>::depth);
  }
  static_assert(keys_of_eight % factor<F>::depth == 0);
};

}  // namespace headwise::cpu
