// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/result_write.hpp"
#include "headwise/cpu/dots_in_order.hpp"
#include "headwise/cpu/eight_row_dots.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/few_rows.hpp"
#include "headwise/cpu/few_rows_product.hpp"
#include "headwise/cpu/left_runs.hpp"
#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/paired_product.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/score_rules.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/upcoming_rows.hpp"
#include "headwise/cpu/visible_rows.hpp"

namespace headwise::cpu {

/// Keys whose scores are held at a time, at most: whenever values follow on keys, or keys on values, it takes memory a
/// while to be at full speed.
inline constexpr std::int64_t keys_of_block = 2304;

/// One query row of a group: the head whose score rule it follows, and its index among the queries.
struct split_row {
  int head;
  std::int64_t index;
};

/// Calls visit(piece) for pieces of a range of up to so many keys.
template <typename Visit>
void for_pieces(key_range some, std::int64_t keys_at_a_time, const Visit& visit) {
  for (std::int64_t key = some.begin; key < some.end; key += keys_at_a_time)
    visit(key_range{key, std::min(key + keys_at_a_time, some.end)});
}

/// So many keys at a time that what comes `ahead` keys later never lies in two places: all but the last ones of a
/// block.
constexpr std::int64_t all_but(key_range of_block, std::int64_t ahead) {
  return rounded_up(std::max(of_block.size() - ahead, ahead), ahead);
}

/// How a part of what is added up over parts is written: the first one overwrites.
constexpr result_write write_of_part(std::int64_t part) {
  return part == 0 ? result_write::overwrite : result_write::add;
}

/// What a run of keys leaves for the rows of a group.
template <typename Real>
struct split_state {
  Real* sums;                     ///< [rows][parts][value_dim], not divided yet
  online_softmax<Real>* softmax;  ///< [padded rows]
};

/// A few query rows that share their keys and values. They may belong to different heads, and their vectors may be
/// several of a head's, one behind the other (absorbed mixing): `parts` of them. F is what keys and values are
/// multiplied as, whole elements of it a key: pairs take their numbers as they are stored, and queries and weights
/// rounded to such.
template <typename T, typename F>
struct split_group {
  using Real = sum_of<F>;

  /// Whether groups of up to so many rows are treated as ones of many: keys are worth more as a left factor then than
  /// in dot products.
  static constexpr bool are_many(std::int64_t most_rows) { return most_rows >= std::max(8, packet<Real>::size); }
  /// Rows with those that are added to fill packets.
  static constexpr std::int64_t padded(std::int64_t rows, bool many) {
    return many ? rounded_up(rows, packet<Real>::size) : rows;
  }

  const score_rules<Real>* rules;
  std::int64_t head_dim;
  std::int64_t value_dim;
  std::int64_t batch;
  std::int64_t queries;
  std::int64_t keys;
  std::int64_t rows;
  std::int64_t parts;
  bool many;                     ///< whether the queries are transposed
  split_row* row;                ///< [rows]
  F* query;                      ///< [rows][parts][key_elements], or as `query_element` says
  row_factor<const T> key;       ///< [keys][head_dim] of the first part
  row_factor<const T> value;     ///< [keys][value_dim] of the first part
  std::int64_t key_part_step;    ///< how far one part's keys are from the next one's
  std::int64_t value_part_step;  ///< the same of values

  /// Vectors of so many numbers that take about as many bytes, in whole pieces of so many vectors.
  static constexpr std::int64_t vectors_of(std::int64_t bytes, std::int64_t dim, std::int64_t piece) {
    return rounded_up(std::max<std::int64_t>(bytes / (dim * static_cast<std::int64_t>(sizeof(T))), 1), piece);
  }

  std::int64_t padded_rows() const { return padded(rows, many); }
  /// What a key or query consists of.
  std::int64_t key_elements() const { return head_dim / factor<F>::depth; }
  std::int64_t query_elements() const { return parts * key_elements(); }
  /// What a row adds up.
  std::int64_t sums_of_row() const { return parts * value_dim; }
  /// Whether transposed queries have neighbours along their elements beside each other, as `paired_product` reads them.
  bool pairs_elements() const { return can_be_paired<F> && key_elements() % 2 == 0; }
  /// Whether the first eight of few rows are taken together, as `eight_row_dots` reads them.
  bool takes_eight() const {
    return can_take_eight_rows<F> && key_elements() % eight_row_run<F>() == 0 && !many && rows >= 8;
  }

  /// Whether products of so few rows read each key and each value one after the other.
  bool reads_keys_in_order() const { return is_in_order(key.row_step == head_dim) && reads_keys_once(); }
  bool reads_values_in_order() const { return is_in_order(value.row_step == value_dim); }
  /// Whether dot products go through the keys but once, whatever the number of rows.
  bool reads_keys_once() const { return rows <= 2 || tiles::holds_rows<F>(rows, key_elements(), parts); }

  /// Puts scale * vector into a part of a row's query, where there is room for all of them.
  EIGEN_DONT_INLINE void set_query(std::int64_t r, std::int64_t part, Real scale, const T* vector) const {
    constexpr std::int64_t at_a_time = 64;
    typename factor<F>::number numbers[std::size_t{at_a_time}];
    for (std::int64_t first = 0; first < head_dim; first += at_a_time) {
      const std::int64_t count = std::min(at_a_time, head_dim - first);
      convert(vector + first, count, scale, numbers);
      for (std::int64_t e = 0; e < count / factor<F>::depth; ++e)
        query_element(r, part * key_elements() + first / factor<F>::depth + e) =
            tiles::element_of<F>(numbers, e, count);
    }
  }
  /// Rows that are not there but padding keep queries of zeros.
  void clear_queries() const { std::fill_n(query, padded_rows() * query_elements(), F{}); }

  /// The keys of one part from one on, and the values.
  row_factor<const T> key_part(std::int64_t part, std::int64_t first) const {
    return key.from_row(first).from_column(part * key_part_step);
  }
  row_factor<const T> value_part(std::int64_t part, std::int64_t first) const {
    return value.from_row(first).from_column(part * value_part_step);
  }
  /// Keys as they lie, or a copy in what they are multiplied as, which takes as many elements.
  row_factor<const F> near_keys(std::int64_t part, key_range some, F* copy) const {
    const row_factor<const T> from = key_part(part, some.begin);
    if constexpr (std::is_same_v<T, typename factor<F>::number>)
      if (from.row_step % factor<F>::depth == 0)
        return {reinterpret_cast<const F*>(from.data), from.row_step / factor<F>::depth};
    pack_rows(from.data, from.row_step, some.size(), head_dim, copy);
    return {copy, key_elements()};
  }
  /// What is needed soon after some keys of a block, those that come `ahead` later. Keys are read so many parts at a
  /// time, one after the other; then the values are, part by part, as many vectors at a time, and then the next block's
  /// keys.
  EIGEN_DONT_INLINE upcoming_rows<T> after_keys(std::int64_t part, std::int64_t at_a_time, key_range of_block,
                                                key_range some, std::int64_t ahead) const {
    const key_range next = some.moved(ahead);
    if (next.begin < of_block.end) return upcoming_keys(part, at_a_time, next);
    if (part + at_a_time < parts) return upcoming_keys(part + at_a_time, at_a_time, next.moved(-of_block.size()));
    const key_range beyond = next.moved(-of_block.end);
    return out_of_order(
        upcoming_values(0, key_range{beyond.begin * at_a_time, beyond.end * at_a_time}.moved(of_block.begin)));
  }
  /// The same after some values.
  EIGEN_DONT_INLINE upcoming_rows<T> after_values(std::int64_t part, std::int64_t parts_of_keys, key_range of_block,
                                                  key_range some, std::int64_t ahead) const {
    const key_range next = some.moved(ahead);
    if (next.begin < of_block.end) return upcoming_values(part, next);
    if (part + 1 < parts) return upcoming_values(part + 1, next.moved(-of_block.size()));
    const key_range beyond = next.moved(-of_block.end);
    return out_of_order(upcoming_keys(
        0, parts_of_keys, key_range{beyond.begin / parts_of_keys, beyond.end / parts_of_keys}.moved(of_block.end)));
  }
  /// Where the sums of one part stand.
  row_factor<Real> sums_part(std::int64_t part, const split_state<Real>& state) const {
    return {state.sums + part * value_dim, sums_of_row()};
  }

  query_token token_of(std::int64_t r) const { return query_at(row[r].index, row[r].head, batch, queries, keys); }
  key_range range_of(std::int64_t r) const { return rules->visible_keys(token_of(r)); }

  /// The keys that its rows may see.
  EIGEN_DONT_INLINE visible_span seen() const {
    return span_of_rows(*rules, rows, [&](std::int64_t r) { return range_of(r); });
  }
  /// Turns the products of a row with some keys, `step` numbers apart, into scores. `all_visible` says that it sees all
  /// of these keys.
  EIGEN_DONT_INLINE void finish(std::int64_t r, key_range some, bool all_visible, Real* scores,
                                std::int64_t step) const {
    if (all_visible && !rules->scales_before_softmax()) return;
    rules->finish(token_of(r), range_of(r), all_visible, some.begin, some.size(), scores, step);
  }

  EIGEN_DONT_INLINE void clear(const split_state<Real>& state) const {
    std::fill_n(state.sums, rows * sums_of_row(), Real(0));
    std::fill_n(state.softmax, padded_rows(), online_softmax<Real>{});
  }
  /// Brings what a row has accumulated to a new base.
  EIGEN_DONT_INLINE void rescale(std::int64_t r, Real factor, const split_state<Real>& state) const {
    if (factor == Real(1)) return;
    Real* sums = state.sums + r * sums_of_row();
    for (std::int64_t d = 0; d < sums_of_row(); ++d) sums[d] *= factor;
  }

  /// Adds weighted values to each row, of the keys that it sees alone: weight zero would not keep out what is not
  /// finite. `weights` are those of the keys from `some.begin` on.
  EIGEN_DONT_INLINE void add_visible_values(key_range some, left_factor<Real> weights,
                                            const split_state<Real>& state) const {
    for (std::int64_t r = 0; r < rows; ++r)
      for_each_visible_run(
          *rules, token_of(r), intersection(range_of(r), some), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t part = 0; part < parts; ++part)
              add_few_rows(1, value_dim, end - begin, weights.from_row(r).from_depth(begin - some.begin),
                           value_part(part, begin), sums_part(part, state).from_row(r));
          });
  }

 private:
  bool is_in_order(bool without_gaps) const { return without_gaps && rows <= tiles::most_rows_in_order<F>; }
  F& query_element(std::int64_t r, std::int64_t e) const {
    if (r < 8 && takes_eight()) return query[tiles::place_in_runs<eight_row_run<F>()>(8, r, e)];
    if (!many) return query[r * query_elements() + e];
    return query[pairs_elements() ? tiles::place_in_runs<2>(padded_rows(), r, e)
                                  : tiles::place_in_runs<1>(padded_rows(), r, e)];
  }
  upcoming_rows<T> upcoming_keys(std::int64_t part, std::int64_t count, key_range some) const {
    const key_range there = intersection(some, {0, keys});
    if (there.size() == 0) return {};
    return {key_part(part, there.begin), head_dim, there.size(), count, key_part_step, reads_keys_in_order()};
  }
  /// Rows that lie elsewhere than what is read before them, where no machine guesses the first ones.
  static upcoming_rows<T> out_of_order(upcoming_rows<T> rows) {
    rows.in_order = false;
    return rows;
  }
  upcoming_rows<T> upcoming_values(std::int64_t part, key_range some) const {
    const key_range there = intersection(some, {0, keys});
    if (there.size() == 0) return {};
    return {value_part(part, there.begin), value_dim, there.size(), 1, 0, reads_values_in_order()};
  }
};

}  // namespace headwise::cpu
