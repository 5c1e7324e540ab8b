// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/column_softmax.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/paired_product.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/split_group.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu {

/// A packet of rows and more against a block of keys, at the speed of arithmetic: keys are the left factor of a product
/// with the transposed queries, so that nothing is transposed that is as long as the cache. A key's scores stand beside
/// each other.
template <typename T, typename F>
struct split_many_rows {
  using group_type = split_group<T, F>;
  using Real = typename group_type::Real;
  /// Fewer than of few rows, that all of their scores stay in the second cache.
  static constexpr std::int64_t block = keys_of_block / 3;
  static constexpr std::int64_t turn = block;

  /// One thread's scratch for a group of so many rows: scores [block][padded rows], factors [padded rows], a copy of
  /// some keys or values, and weights of another type.
  static constexpr std::int64_t scratch_size(std::int64_t rows, std::int64_t head_dim, std::int64_t value_dim) {
    const std::int64_t padded = group_type::padded(rows, true);
    return (block + 1) * padded + copy_size(std::max(head_dim, value_dim)) +
           (std::is_same_v<F, Real> ? 0 : block / factor<F>::depth * padded);
  }

  const group_type& group;
  split_state<Real> state;
  Real* scores;

  void find_scores(key_range of_block, key_range some) const {
    // Few keys at a time are used for all queries of a part, so that both factors stay in the nearest cache.
    const std::int64_t at_a_time = group_type::vectors_of(6 << 10, group.head_dim, 2 * register_tile<Real>::rows);
    for (std::int64_t part = 0; part < group.parts; ++part)
      for_pieces(some, at_a_time, [&](key_range piece) {
        multiply_keys(part, piece, scores + (piece.begin - of_block.begin) * width(),
                      group.after_keys(part, 1, of_block, piece, at_a_time));
      });
  }

  void find_weights(key_range keys, bool all_visible) const {
    for (std::int64_t r = 0; r < group.rows; ++r) group.finish(r, keys, all_visible, scores + r, width());
    const Real scale = group.rules->softmax_scale();
    for (std::int64_t r = 0; r < group.rows; r += packet<Real>::size)
      if (all_visible)
        absorb_columns(scores + r, keys.size(), width(), scale, state.softmax + r, weights() + r, factors() + r);
      else
        absorb_columns(scores + r, keys.size(), width(), scale, state.softmax + r, scores + r, factors() + r);
    for (std::int64_t r = 0; r < group.rows; ++r) group.rescale(r, factors()[r], state);
  }

  void add_values(key_range of_block, key_range some, bool all_visible) const {
    if (!all_visible)
      return group.add_visible_values(some, {scores + (some.begin - of_block.begin) * width(), 1, width()}, state);
    const std::int64_t at_a_time = values_at_a_time();
    for (std::int64_t part = 0; part < group.parts; ++part)
      for_pieces(some, at_a_time, [&](key_range piece) {
        const F* first = weights() + (piece.begin - of_block.begin) / factor<F>::depth * width();
        product(group.rows, group.value_dim, elements_of<F>(piece.size()), left_factor<F>{first, 1, width()},
                near_values(part, piece), group.sums_part(part, state), result_write::add,
                group.after_values(part, 1, of_block, piece, at_a_time));
      });
  }

 private:
  /// Values that are used for all rows before the next ones are looked at, whole elements of them: about half of the
  /// nearest cache. As far ahead memory is asked.
  static constexpr std::int64_t values_of(std::int64_t longest) {
    return group_type::vectors_of(24 << 10, longest, 2 * register_tile<Real>::rows);
  }
  static_assert(2 * register_tile<Real>::rows % factor<F>::depth == 0);
  static constexpr std::int64_t copy_size(std::int64_t longest) { return values_of(longest) * longest; }
  static_assert(sizeof(F) == sizeof(Real));

  std::int64_t longest() const { return std::max(group.head_dim, group.value_dim); }
  std::int64_t values_at_a_time() const { return values_of(longest()); }

  std::int64_t width() const { return group.padded_rows(); }
  Real* factors() const { return scores + block * width(); }
  F* copy() const { return reinterpret_cast<F*>(scores + (block + 1) * width()); }
  /// [keys of a block, in elements][padded rows]
  F* weights() const {
    if constexpr (std::is_same_v<F, Real>)
      return scores;
    else
      return copy() + copy_size(longest());
  }

  /// to[key][row] (=|+=) <key, query of the row> of one part.
  void multiply_keys(std::int64_t part, key_range some, Real* to, const upcoming_rows<T>& upcoming) const {
    const std::int64_t elements = group.key_elements();
    const row_factor<const F> keys = group.near_keys(part, some, copy());
    const F* queries = group.query + part * elements * width();
    const row_factor<Real> result{to, width()};
    if constexpr (can_be_paired<F>)
      if (group.pairs_elements())
        return paired_product(some.size(), width(), elements, keys, queries, result, write_of_part(part), upcoming);
    product(some.size(), width(), elements, left_factor<F>::rows(keys), {queries, width()}, result, write_of_part(part),
            upcoming);
  }

  /// Values as they lie, or a copy in what they are multiplied as. Many rows read them side by side: vectors that lie a
  /// power of two apart share few sets of the nearest cache.
  row_factor<const F> near_values(std::int64_t part, key_range some) const {
    const row_factor<const T> from = group.value_part(part, some.begin);
    if constexpr (std::is_same_v<T, F>)
      if (from.row_step == group.value_dim || group.rows <= 2 * register_tile<Real>::rows) return from;
    pack_columns(from.data, from.row_step, some.size(), group.value_dim, group.value_dim, copy());
    return {copy(), group.value_dim};
  }
};

}  // namespace headwise::cpu
