// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/column_softmax.hpp"
#include "headwise/cpu/score_rows.hpp"
#include "headwise/cpu/split_group.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu {

/// A packet of rows and more against a block of keys, at the speed of arithmetic: keys are the left factor of a product
/// with the transposed queries, so that nothing is transposed that is as long as the cache. A key's scores stand beside
/// each other.
template <typename Variant, typename T>
struct split_many_rows {
  using group_type = split_group<Variant, T>;
  using Real = typename group_type::Real;
  static constexpr std::int64_t block = group_type::block;
  static constexpr std::int64_t turn = block;

  /// One thread's scratch for a group of so many rows: scores [block][padded rows], factors [padded rows] and a copy
  /// of some keys or values.
  static Real* take(host_workspace::frame& frame, std::int64_t rows) { return frame.take<Real>(size(rows)); }
  static constexpr std::size_t bytes(std::int64_t rows) { return host_workspace::bytes_for<Real>(size(rows)); }

  const group_type& group;
  split_state<Real> state;
  Real* scores;

  void find_scores(key_range of_block, key_range some) const {
    // Few keys at a time are used for all queries of a part, so that both factors stay in the nearest cache.
    for (std::int64_t part = 0; part < group.parts; ++part)
      for_pieces(some, keys_at_a_time, [&](key_range piece) {
        const left_factor<Real> keys = left_factor<Real>::rows(near_keys(part, piece));
        const row_factor<const Real> queries{group.query + part * Variant::head_dim * width(), width()};
        const row_factor<Real> result{scores + (piece.begin - of_block.begin) * width(), width()};
        const upcoming_rows<T> upcoming = group.after_keys(part, 1, of_block, piece, keys_at_a_time);
        if (part == 0)
          product<product_write::overwrite>(piece.size(), width(), Variant::head_dim, keys, queries, result, upcoming);
        else
          product<product_write::add>(piece.size(), width(), Variant::head_dim, keys, queries, result, upcoming);
      });
  }

  void find_weights(key_range keys) const {
    for (std::int64_t r = 0; r < group.rows; ++r)
      finish_scores<Variant>(*group.mask, group.rule_of(r), group.token_of(r), group.range_of(r),
                             group.sees_all(r, keys), keys.begin, keys.size(), scores + r, width());
    Real* factors = scores + block * width();
    for (std::int64_t r = 0; r < group.rows; r += packet<Real>::size)
      absorb_columns(scores + r, keys.size(), width(), Real(softmax_scale<Variant>), state.softmax + r, factors + r);
    for (std::int64_t r = 0; r < group.rows; ++r) group.rescale(r, factors[r], state);
  }

  void add_values(key_range of_block, key_range some, bool all_visible) const {
    const auto weights_from = [&](std::int64_t key) {
      return left_factor<Real>{scores + (key - of_block.begin) * width(), 1, width()};
    };
    if (!all_visible) return group.add_visible_values(some, weights_from(some.begin), state);
    for (std::int64_t part = 0; part < group.parts; ++part)
      for_pieces(some, keys_at_a_time, [&](key_range piece) {
        product<product_write::add>(group.rows, Variant::value_dim, piece.size(), weights_from(piece.begin),
                                    near_values(part, piece), group.sums_part(part, state),
                                    group.after_values(part, 1, of_block, piece, keys_at_a_time));
      });
  }

 private:
  /// Keys that are used for all rows before the next ones are looked at.
  static constexpr std::int64_t keys_at_a_time = 8 * register_tile<Real>::rows;

  static constexpr std::int64_t size(std::int64_t rows) {
    return (block + 1) * group_type::padded(rows, true) +
           keys_at_a_time * std::max(Variant::head_dim, Variant::value_dim);
  }

  std::int64_t width() const { return group.padded_rows(); }

  /// Keys as they lie, or a copy in the type of sums.
  row_factor<const Real> near_keys(std::int64_t part, key_range some) const {
    if constexpr (std::is_same_v<T, Real>)
      return group.key_part(part, some.begin);
    else
      return copy_of<Variant::head_dim>(group.key_part(part, some.begin), some.size());
  }
  /// The same of values. Many rows read them side by side: vectors that lie a power of two apart share few sets of the
  /// nearest cache.
  row_factor<const Real> near_values(std::int64_t part, key_range some) const {
    const row_factor<const T> from = group.value_part(part, some.begin);
    if constexpr (std::is_same_v<T, Real>)
      if (from.row_step == Variant::value_dim || group.rows <= 2 * register_tile<Real>::rows) return from;
    return copy_of<Variant::value_dim>(from, some.size());
  }
  template <int Dim>
  row_factor<const Real> copy_of(row_factor<const T> from, std::int64_t count) const {
    Real* copy = scores + (block + 1) * width();
    for (std::int64_t k = 0; k < count; ++k) convert(from.from_row(k).data, Dim, Real(1), copy + k * Dim);
    return {copy, Dim};
  }
};

}  // namespace headwise::cpu
