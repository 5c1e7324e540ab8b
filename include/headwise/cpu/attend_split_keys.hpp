// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/score_rows.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/visible_rows.hpp"

namespace headwise::cpu {

/// One query row of a group: the head whose score rule it follows, and its index among the queries.
struct split_row {
  int head;
  std::int64_t index;
};

/// Attention of a few query rows that share their keys and values, as in decoding: keys are cut into chunks, each a
/// task that reads its keys and values once for all rows, and the chunks' softmax states are merged in the order of the
/// keys. Rows may belong to different heads, and their vectors may be longer than a head's (absorbed mixing).
template <typename Variant, typename Real>
struct attend_split_keys {
  static constexpr std::int64_t chunk = 512;
  static constexpr std::int64_t chunks(std::int64_t keys) { return (keys + chunk - 1) / chunk; }

  const typename Variant::mask& mask;
  const typename Variant::score_modification& score;
  std::int64_t batch;
  std::int64_t queries;
  std::int64_t keys;
  std::int64_t rows;
  std::int64_t query_dim;
  std::int64_t value_dim;
  const split_row* row;           ///< [rows]
  const Real* query;              ///< [rows][query_dim], with the scale folded in
  row_factor<const Real> key;     ///< [keys][query_dim]
  row_factor<const Real> value;   ///< [keys][value_dim]
  Real* accumulated;              ///< [chunks][rows][value_dim]
  online_softmax<Real>* softmax;  ///< [chunks][rows]

  /// One chunk of keys; `scores` are [rows][chunk] of the thread's own.
  void run(std::int64_t index, Real* scores) const {
    Real* sums = accumulated + index * rows * value_dim;
    online_softmax<Real>* states = softmax + index * rows;
    std::fill_n(sums, rows * value_dim, Real(0));
    std::fill_n(states, rows, online_softmax<Real>{});
    const key_range seen = intersection(seen_by_any(), {index * chunk, (index + 1) * chunk});
    if (seen.size() == 0) return;

    dot_product(rows, seen.size(), query_dim, row_factor<const Real>{query, query_dim}, key.from_row(seen.begin),
                row_factor<Real>{scores, chunk});
    const std::int64_t whole = rounded_up(seen.size(), packet<Real>::size);
    bool all_visible = true;
    for (std::int64_t r = 0; r < rows; ++r) {
      Real* row_scores = scores + r * chunk;
      const key_range range = range_of(r);
      const bool row_visible = headwise::detail::sees_whole_range<typename Variant::mask> &&
                               range.begin <= seen.begin && seen.end <= range.end;
      all_visible = all_visible && row_visible;
      finish_scores<Variant>(mask, headwise::detail::score_rule_of_head(score, row[r].head, Variant::query_heads),
                             token_of(r), range, row_visible, seen.begin, seen.size(), row_scores);
      std::fill(row_scores + seen.size(), row_scores + whole, -std::numeric_limits<Real>::infinity());
      states[r].absorb(row_scores, whole);
    }
    const left_factor<Real> weights{scores, chunk, 1};
    const row_factor<Real> result{sums, value_dim};
    if (all_visible) {
      product<product_write::add>(rows, value_dim, seen.size(), weights, value.from_row(seen.begin), result);
      return;
    }
    for (std::int64_t r = 0; r < rows; ++r)
      for_each_visible_run(
          mask, token_of(r), intersection(range_of(r), seen), [&](std::int64_t begin, std::int64_t end) {
            product<product_write::add>(1, value_dim, end - begin, weights.from_row(r).from_depth(begin - seen.begin),
                                        value.from_row(begin), result.from_row(r));
          });
  }

  /// Merges all chunks of a row into the first one and returns its state; what is accumulated is not divided yet.
  online_softmax<Real> merge(std::int64_t r) const {
    if (keys == 0) return {};
    online_softmax<Real> total = softmax[r];
    Real* sums = accumulated + r * value_dim;
    for (std::int64_t index = 1; index < chunks(keys); ++index) {
      const Real* part = accumulated + (index * rows + r) * value_dim;
      const auto [mine, other] = total.merge(softmax[index * rows + r]);
      if (other == Real(0)) continue;
      for (std::int64_t d = 0; d < value_dim; ++d) sums[d] = mine * sums[d] + other * part[d];
    }
    return total;
  }

 private:
  query_token token_of(std::int64_t r) const { return query_at(row[r].index, row[r].head, batch, queries, keys); }
  key_range range_of(std::int64_t r) const { return headwise::detail::visible_keys_of(mask, token_of(r)); }
  key_range seen_by_any() const {
    key_range seen{0, 0};
    for (std::int64_t r = 0; r < rows; ++r) seen = hull(seen, range_of(r));
    return seen;
  }
};

/// Runs all chunks of all groups in parallel, then calls finish(group, index of the group) for each, in parallel too.
/// `group_of(index)` describes a group; none has more than `most_rows` rows and `most_keys` keys.
template <typename Real, typename Group, typename Finish>
void attend_groups(std::int64_t groups, std::int64_t most_rows, std::int64_t most_keys, host_workspace& workspace,
                   const Group& group_of, const Finish& finish) {
  using split = decltype(group_of(std::int64_t{0}));
  host_workspace::frame frame(workspace);
  const std::int64_t chunks = split::chunks(most_keys);
  const std::int64_t scratch_size = most_rows * split::chunk;
  Real* scratch = frame.take<Real>(thread_count() * scratch_size);
  // Groups that read the same tokens follow each other: their heads lie side by side in memory.
  parallel_for(groups * chunks, [&](std::int64_t task, int thread) {
    const split group = group_of(task % groups);
    const std::int64_t index = task / groups;
    if (index < split::chunks(group.keys)) group.run(index, scratch + thread * scratch_size);
  });
  parallel_for(groups, [&](std::int64_t index, int /*thread*/) { finish(group_of(index), index); });
}

}  // namespace headwise::cpu
