// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/core/host_device.hpp"

namespace headwise {

/// A half-open range of keys [begin, end).
struct key_range {
  std::int64_t begin;
  std::int64_t end;

  HEADWISE_HOST_DEVICE constexpr bool contains(std::int64_t key) const { return begin <= key && key < end; }
  HEADWISE_HOST_DEVICE constexpr std::int64_t size() const { return end > begin ? end - begin : 0; }
  HEADWISE_HOST_DEVICE constexpr key_range moved(std::int64_t by) const { return {begin + by, end + by}; }
};

/// The keys in both ranges.
HEADWISE_HOST_DEVICE constexpr key_range intersection(key_range a, key_range b) {
  return {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
}

/// The smallest range that holds both; an empty one adds nothing.
HEADWISE_HOST_DEVICE constexpr key_range hull(key_range a, key_range b) {
  if (a.size() == 0) return b;
  if (b.size() == 0) return a;
  return {a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

/// One query row as a mask sees it.
struct query_token {
  /// Position of the query among the keys, aligned bottom-right: the last query stands at the last key.
  std::int64_t query;
  /// Query head, 0 <= head < query_heads.
  int head;
  /// Sequence of the batch.
  std::int64_t batch;
  /// Number of queries and of keys of this sequence.
  std::int64_t queries;
  std::int64_t keys;

  /// The query's index among the queries, 0 <= index < queries.
  HEADWISE_HOST_DEVICE constexpr std::int64_t index() const { return query - (keys - queries); }
};

/// One score, the pair of a query and a key, as masks and score modifications see it.
struct token_pair {
  /// Position of the query among the keys, aligned bottom-right: the last query stands at the last key.
  std::int64_t query;
  /// Position of the key.
  std::int64_t key;
  /// Query head, 0 <= head < query_heads.
  int head;
  /// Sequence of the batch.
  std::int64_t batch;
  /// Number of queries and of keys of this sequence.
  std::int64_t queries;
  std::int64_t keys;
};

/// The pair of a query row and one key.
HEADWISE_HOST_DEVICE constexpr token_pair pair_of(const query_token& at, std::int64_t key) {
  return {at.query, key, at.head, at.batch, at.queries, at.keys};
}

/// The query row at index `index`, of `queries`, seen from `keys` keys.
HEADWISE_HOST_DEVICE constexpr query_token query_at(std::int64_t index, int head, std::int64_t batch,
                                                    std::int64_t queries, std::int64_t keys) {
  return {index + keys - queries, head, batch, queries, keys};
}

}  // namespace headwise
