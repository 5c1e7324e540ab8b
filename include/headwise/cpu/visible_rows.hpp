// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/core/token_pair.hpp"
#include "headwise/policies/mask.hpp"

namespace headwise::cpu {

/// One sequence and query head, as the loops over its tiles see it.
struct head_shape {
  int head;
  std::int64_t batch;
  std::int64_t queries;
  std::int64_t keys;

  query_token query(std::int64_t index) const { return query_at(index, head, batch, queries, keys); }
};

/// Fills ranges[i] with the keys that query first + i may see.
template <typename Mask>
void find_visible_rows(const Mask& mask, const head_shape& shape, std::int64_t first, std::int64_t count,
                       key_range* ranges) {
  for (std::int64_t i = 0; i < count; ++i) {
    const key_range range = headwise::detail::visible_keys_of(mask, shape.query(first + i));
    ranges[i] = range.size() > 0 ? range : key_range{0, 0};
  }
}

/// The keys that any of the rows may see, and those that all of them see for sure.
struct visible_span {
  key_range any{0, 0};
  key_range all{0, 0};
};

/// The span of rows with these ranges.
template <typename Mask>
visible_span span_of(const key_range* ranges, std::int64_t count) {
  visible_span span{{0, 0}, count > 0 ? ranges[0] : key_range{0, 0}};
  for (std::int64_t i = 0; i < count; ++i) {
    span.all = intersection(span.all, ranges[i]);
    span.any = hull(span.any, ranges[i]);
  }
  if (!headwise::detail::sees_whole_range<Mask> || span.all.size() == 0) span.all = {0, 0};
  return span;
}

/// Calls run(begin, end) for every maximal run of keys in `range` that the query sees.
template <typename Mask, typename Run>
void for_each_visible_run(const Mask& mask, const query_token& row, key_range range, const Run& run) {
  if constexpr (headwise::detail::sees_whole_range<Mask>) {
    if (range.size() > 0) run(range.begin, range.end);
  } else {
    for (std::int64_t key = range.begin; key < range.end;) {
      std::int64_t end = key;
      while (end < range.end && headwise::detail::visible_in_range(mask, pair_of(row, end))) ++end;
      if (end > key) run(key, end);
      key = end + 1;
    }
  }
}

/// Calls visit(key) for every key in `range` that the query sees.
template <typename Mask, typename Visit>
void for_each_visible_key(const Mask& mask, const query_token& row, key_range range, const Visit& visit) {
  for_each_visible_run(mask, row, range, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t key = begin; key < end; ++key) visit(key);
  });
}

}  // namespace headwise::cpu
