// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/core/token_pair.hpp"
#include "headwise/cpu/score_rules.hpp"

namespace headwise::cpu {

/// Fills ranges[i] with the keys that query first + i may see.
template <typename Real>
EIGEN_DONT_INLINE void find_visible_rows(const score_rules<Real>& rules, const head_shape& shape, std::int64_t first,
                                         std::int64_t count, key_range* ranges) {
  for (std::int64_t i = 0; i < count; ++i) {
    const key_range range = rules.visible_keys(shape.query(first + i));
    ranges[i] = range.size() > 0 ? range : key_range{0, 0};
  }
}

/// The keys that any of the rows may see, and those that all of them see for sure.
struct visible_span {
  key_range any{0, 0};
  key_range all{0, 0};

  /// Whether all rows see these keys for sure.
  bool all_see(key_range keys) const { return all.begin <= keys.begin && keys.end <= all.end; }
};

/// The span of rows that may see the keys range_of(0), range_of(1) ...
template <typename Real, typename RangeOf>
visible_span span_of_rows(const score_rules<Real>& rules, std::int64_t count, const RangeOf& range_of) {
  visible_span span;
  for (std::int64_t i = 0; i < count; ++i) {
    const key_range range = range_of(i);
    span.all = i == 0 ? range : intersection(span.all, range);
    span.any = hull(span.any, range);
  }
  if (!rules.sees_whole_range() || span.all.size() == 0) span.all = {0, 0};
  return span;
}
/// The same with ranges[0], ranges[1] ...
template <typename Real>
EIGEN_DONT_INLINE visible_span span_of(const score_rules<Real>& rules, const key_range* ranges, std::int64_t count) {
  return span_of_rows(rules, count, [&](std::int64_t i) { return ranges[i]; });
}

/// Calls run(begin, end) for every maximal run of keys in `range` that the query sees.
template <typename Real, typename Run>
void for_each_visible_run(const score_rules<Real>& rules, const query_token& row, key_range range, const Run& run) {
  std::int64_t begin = range.begin;
  constexpr std::int64_t pairs_at_a_time = 64;
  bool visible[std::size_t{pairs_at_a_time}];
  for (std::int64_t key = range.begin; key < range.end && !rules.sees_whole_range(); ++key) {
    const std::int64_t place = (key - range.begin) % pairs_at_a_time;
    if (place == 0) rules.find_visible_in_row(row, key, std::min(pairs_at_a_time, range.end - key), visible);
    if (visible[place]) continue;
    if (begin < key) run(begin, key);
    begin = key + 1;
  }
  if (begin < range.end) run(begin, range.end);
}

/// Calls visit(key) for every key in `range` that the query sees.
template <typename Real, typename Visit>
void for_each_visible_key(const score_rules<Real>& rules, const query_token& row, key_range range, const Visit& visit) {
  for_each_visible_run(rules, row, range, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t key = begin; key < end; ++key) visit(key);
  });
}

}  // namespace headwise::cpu
