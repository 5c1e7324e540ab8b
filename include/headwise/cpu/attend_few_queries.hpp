// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_split_keys.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/score_rows.hpp"
#include "headwise/cpu/stored_numbers.hpp"
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
  return queries * head_groups<Variant>::largest() <= 32;
}

/// What keys and values are multiplied as: queries are stored as keys are, so that pairs of them are exact.
template <typename Variant, typename T>
using few_queries_factor =
    std::conditional_t<Variant::head_dim % 2 == 0, fastest_factor<T, typename Variant::template accumulator<T>>,
                       typename Variant::template accumulator<T>>;

/// How few queries run against keys that are split.
template <typename Variant, typename T>
using few_queries_split = attend_split_keys<Variant, T, few_queries_factor<Variant, T>>;

/// How the keys are split for so many queries and keys.
template <typename Variant, typename T>
constexpr typename few_queries_split<Variant, T>::sizes few_queries_sizes(std::int64_t batch, std::int64_t queries,
                                                                          std::int64_t keys) {
  return {batch * Variant::composite_heads, queries * head_groups<Variant>::largest(), 1, keys};
}

/// The scratch that `attend_few_queries` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t few_queries_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                  int threads) {
  return few_queries_split<Variant, T>::bytes(few_queries_sizes<Variant, T>(batch, queries, keys), threads);
}

/// `attend` for few queries.
template <typename Variant, typename T>
void attend_few_queries(const attend_arguments<Variant, T>& a, host_workspace& workspace) {
  using split_type = few_queries_split<Variant, T>;
  using real = typename split_type::Real;
  constexpr std::int64_t G = Variant::composite_heads;
  host_workspace::frame frame(workspace);
  const auto sizes = few_queries_sizes<Variant, T>(a.q.batch, a.q.tokens, a.k.tokens);
  const split_type split(frame, sizes);

  for (std::int64_t index = 0; index < sizes.count; ++index) {
    const std::int64_t b = index / G;
    const std::int64_t g = index % G;
    const auto& members = head_groups<Variant>::of[static_cast<std::size_t>(g)];
    const auto& group = split.set_group(index, a, b, members.count, g);
    for (std::int64_t r = 0; r < group.rows; ++r) {
      const split_row row{members.head[static_cast<std::size_t>(r % members.count)], r / members.count};
      group.row[r] = row;
      group.set_query(r, 0, real(1), a.q.row(b, row.index, row.head));
    }
  }
  // Heads of a token that follow each other are read together.
  const bool adjacent = a.k.head_stride == Variant::head_dim && a.v.head_stride == Variant::value_dim;
  split.run(adjacent ? split_type::most_together : 1);

  parallel_for(sizes.count, [&](std::int64_t index, int /*thread*/) {
    const std::int64_t b = index / G;
    const auto& members = head_groups<Variant>::of[static_cast<std::size_t>(index % G)];
    for (std::int64_t r = 0; r < a.q.tokens * members.count; ++r) {
      const int head = members.head[static_cast<std::size_t>(r % members.count)];
      const std::int64_t i = r / members.count;
      const online_softmax<real> softmax = split.merge(index, r);
      T* out = a.out.row(b, i, head);
      if (const real scale = softmax.scale(); scale == real(0))
        std::fill_n(out, Variant::value_dim, T(0));
      else
        convert(split.merged_row(index, r), Variant::value_dim, scale, out);
      if (a.lse.data != nullptr) a.lse.row(b, head)[i] = softmax.log_sum();
    }
  });
}

}  // namespace headwise::cpu
