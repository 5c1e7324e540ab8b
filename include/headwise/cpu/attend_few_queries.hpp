// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_call.hpp"
#include "headwise/cpu/attend_split_keys.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/head_layout.hpp"
#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/stored_numbers.hpp"

namespace headwise::cpu {

/// Whether the rows that share a composite head are so few that packing its keys would not pay.
constexpr bool has_few_queries(const head_layout& heads, std::int64_t queries) {
  return queries * heads.most_readers() <= 32;
}

/// What keys and values are multiplied as: queries are stored as keys are, so that pairs of them are exact.
template <typename Variant, typename T>
using few_queries_factor =
    std::conditional_t<Variant::head_dim % 2 == 0, fastest_factor<T, typename Variant::template accumulator<T>>,
                       typename Variant::template accumulator<T>>;

/// How the keys are split for so many queries and keys.
template <typename T>
constexpr split_sizes few_queries_sizes(const head_layout& heads, std::int64_t batch, std::int64_t queries,
                                        std::int64_t keys) {
  return {batch * heads.composite_heads,
          queries * heads.most_readers(),
          1,
          keys,
          heads.head_dim,
          heads.value_dim,
          std::min(heads.composite_heads, split_sizes::neighbours_of_page<T>(heads.head_dim))};
}

/// The scratch that `attend_few_queries` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t few_queries_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                  int threads) {
  return attend_split_keys<T, few_queries_factor<Variant, T>>::bytes(
      few_queries_sizes<T>(head_layout_of<Variant>, batch, queries, keys), threads);
}

/// `attend` for few queries.
template <typename F, typename T>
void attend_few_queries(const attend_inputs<T, sum_of<F>>& a, const attend_outputs<T, sum_of<F>>& to,
                        host_workspace& workspace) {
  using real = sum_of<F>;
  const std::int64_t G = a.heads.composite_heads;
  host_workspace::frame frame(workspace);
  const split_sizes sizes = few_queries_sizes<T>(a.heads, a.q.batch, a.q.tokens, a.k.tokens);
  const attend_split_keys<T, F> split(frame, sizes);

  for (std::int64_t index = 0; index < sizes.count; ++index) {
    const std::int64_t b = index / G;
    const std::span<const int> readers = a.heads.readers_of(index % G);
    const auto count = static_cast<std::int64_t>(readers.size());
    const auto& group = split.set_group(index, a, b, count, index % G);
    for (std::int64_t r = 0; r < group.rows; ++r) {
      const split_row row{readers[static_cast<std::size_t>(r % count)], r / count};
      group.row[r] = row;
      group.set_query(r, 0, real(1), a.q.row(b, row.index, row.head));
    }
  }
  // Heads of a token that follow each other are read together.
  const bool adjacent = a.k.head_stride == a.heads.head_dim && a.v.head_stride == a.heads.value_dim;
  split.run(adjacent ? sizes.most_together : 1);

  parallel_for(sizes.count, [&](std::int64_t index, int /*thread*/) {
    const std::int64_t b = index / G;
    const std::span<const int> readers = a.heads.readers_of(index % G);
    const auto count = static_cast<std::int64_t>(readers.size());
    for (std::int64_t r = 0; r < a.q.tokens * count; ++r) {
      const int head = readers[static_cast<std::size_t>(r % count)];
      const std::int64_t i = r / count;
      const online_softmax<real> softmax = split.merge(index, r);
      T* out = to.out.row(b, i, head);
      if (const real scale = softmax.scale(); scale == real(0))
        std::fill_n(out, a.heads.value_dim, T(0));
      else
        convert(split.merged_row(index, r), a.heads.value_dim, scale, out);
      if (to.lse.data != nullptr) to.lse.row(b, head)[i] = softmax.log_sum();
    }
  });
}

}  // namespace headwise::cpu
