// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_split_keys.hpp"
#include "headwise/operations/attend_arguments.hpp"

namespace headwise::cpu {

/// Which query heads read which composite head.
template <typename Variant>
struct head_groups {
  /// The query heads of one composite head, in ascending order.
  struct members {
    std::array<int, Variant::query_heads> head{};
    int count = 0;
  };

  static constexpr std::array<members, Variant::composite_heads> find() {
    std::array<members, Variant::composite_heads> groups{};
    for (int h = 0; h < Variant::query_heads; ++h) {
      members& group = groups[static_cast<std::size_t>(Variant::composite_head(h))];
      group.head[static_cast<std::size_t>(group.count++)] = h;
    }
    return groups;
  }
  static constexpr std::array<members, Variant::composite_heads> of = find();

  static constexpr int largest() {
    int count = 0;
    for (const members& group : of) count = std::max(count, group.count);
    return count;
  }
};

/// Whether the rows that share a composite head are so few that packing its keys would not pay.
template <typename Variant>
constexpr bool has_few_queries(std::int64_t queries) {
  return queries * head_groups<Variant>::largest() <= 16;
}

/// The scratch that `attend_few_queries` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t few_queries_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                  int threads) {
  using split = attend_split_keys<Variant, T>;
  const std::int64_t rows = queries * head_groups<Variant>::largest();
  const std::int64_t groups = batch * Variant::composite_heads;
  return host_workspace::bytes_for<split_row>(groups * rows) +
         host_workspace::bytes_for<T>(groups * rows * Variant::head_dim) +
         host_workspace::bytes_for<T>(groups * rows * split::chunks(keys) * Variant::value_dim) +
         host_workspace::bytes_for<online_softmax<T>>(groups * rows * split::chunks(keys)) +
         host_workspace::bytes_for<T>(threads * rows * split::chunk);
}

/// `attend` for few queries, on tensors of the accumulator's type.
template <typename Variant, typename T>
void attend_few_queries(const attend_arguments<Variant, T>& a, host_workspace& workspace) {
  using split = attend_split_keys<Variant, T>;
  constexpr std::int64_t G = Variant::composite_heads;
  constexpr std::int64_t D = Variant::head_dim;
  constexpr std::int64_t Dv = Variant::value_dim;
  const std::int64_t most_rows = a.q.tokens * head_groups<Variant>::largest();
  const std::int64_t most_parts = most_rows * split::chunks(a.k.tokens);
  const std::int64_t groups = a.q.batch * G;

  host_workspace::frame frame(workspace);
  auto* rows = frame.take<split_row>(groups * most_rows);
  auto* queries = frame.take<T>(groups * most_rows * D);
  auto* accumulated = frame.take<T>(groups * most_parts * Dv);
  auto* softmax = frame.take<online_softmax<T>>(groups * most_parts);

  const auto group_of = [&](std::int64_t index) {
    const std::int64_t b = index / G;
    const std::int64_t g = index % G;
    const std::int64_t live = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    const std::int64_t keys = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
    const std::int64_t count = live * head_groups<Variant>::of[static_cast<std::size_t>(g)].count;
    return split{a.mask,
                 a.score,
                 b,
                 live,
                 keys,
                 count,
                 D,
                 Dv,
                 rows + index * most_rows,
                 queries + index * most_rows * D,
                 {keys == 0 ? nullptr : a.k.row(b, 0, g), a.k.token_stride},
                 {keys == 0 ? nullptr : a.v.row(b, 0, g), a.v.token_stride},
                 accumulated + index * most_parts * Dv,
                 softmax + index * most_parts};
  };

  for (std::int64_t index = 0; index < groups; ++index) {
    const auto& members = head_groups<Variant>::of[static_cast<std::size_t>(index % G)];
    const std::int64_t b = index / G;
    const std::int64_t live = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    for (std::int64_t r = 0; r < live * members.count; ++r) {
      const split_row row{members.head[static_cast<std::size_t>(r % members.count)], r / members.count};
      rows[index * most_rows + r] = row;
      const T* from = a.q.row(b, row.index, row.head);
      T* to = queries + (index * most_rows + r) * D;
      for (std::int64_t d = 0; d < D; ++d) to[d] = T(folded_scale<Variant>) * from[d];
    }
    for (std::int64_t i = live; i < a.q.tokens; ++i)
      for (int m = 0; m < members.count; ++m) {
        const int head = members.head[static_cast<std::size_t>(m)];
        std::fill_n(a.out.row(b, i, head), Dv, T(0));
        if (a.lse.data != nullptr) a.lse.row(b, head)[i] = -std::numeric_limits<T>::infinity();
      }
  }

  attend_groups<T>(groups, most_rows, a.k.tokens, workspace, group_of, [&](const split& group, std::int64_t /*index*/) {
    for (std::int64_t r = 0; r < group.rows; ++r) {
      const online_softmax<T> state = group.merge(r);
      const split_row row = group.row[r];
      T* out = a.out.row(group.batch, row.index, row.head);
      const T scale = state.scale();
      for (std::int64_t d = 0; d < Dv; ++d) out[d] = scale == T(0) ? T(0) : scale * group.accumulated[r * Dv + d];
      if (a.lse.data != nullptr) a.lse.row(group.batch, row.head)[row.index] = state.log_sum();
    }
  });
}

}  // namespace headwise::cpu
