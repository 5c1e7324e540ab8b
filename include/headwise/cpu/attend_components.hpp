// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_split_keys.hpp"
#include "headwise/operations/attend_components.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cpu {

/// Whether absorbing the mixing into queries and outputs is possible and takes no more than 3/2 of the operations of
/// building the composite heads, whose scratch it spares.
template <typename Variant, typename T>
bool absorbing_pays(const attend_components_arguments<Variant, T>& a) {
  if constexpr (!Variant::absorbable || !(Variant::key_mixing::mixes || Variant::value_mixing::mixes) ||
                !std::is_same_v<T, typename Variant::template accumulator<T>>) {
    return false;
  } else {
    constexpr std::int64_t H = Variant::query_heads;
    constexpr std::int64_t G = Variant::composite_heads;
    constexpr std::int64_t C = Variant::component_heads;
    const bool heads_adjacent =
        (C == 1 || a.k.head_stride == Variant::head_dim) && (C == 1 || a.v.head_stride == Variant::value_dim);
    const std::int64_t rows = a.q.tokens * H;
    return heads_adjacent && 2 * rows * C <= 3 * (C * G + rows);
  }
}

/// `attend_components` without composite heads (MEA's mixing absorbed): a query of head i becomes the vector of all
/// Wk[c][map(i)] q, so that <q, K_composite> = <absorbed q, K_components>; values of all components are averaged with
/// the weights of attention and mixed once at the end. The cache is read once for all query heads.
template <typename Variant, typename T>
void attend_absorbed(const attend_components_arguments<Variant, T>& a, host_workspace& workspace) {
  using split = attend_split_keys<Variant, T>;
  constexpr std::int64_t H = Variant::query_heads;
  constexpr std::int64_t G = Variant::composite_heads;
  constexpr std::int64_t C = Variant::component_heads;
  constexpr std::int64_t D = Variant::head_dim;
  constexpr std::int64_t Dv = Variant::value_dim;
  const std::int64_t most_rows = a.q.tokens * H;
  const std::int64_t most_parts = most_rows * split::chunks(a.k.tokens);
  // A side that is not mixed has the identity for a matrix.
  const auto weight = [](std::span<const T> matrix, std::int64_t c, std::int64_t g) {
    if (matrix.empty()) return c == g ? T(1) : T(0);
    return matrix[static_cast<std::size_t>(c * G + g)];
  };

  host_workspace::frame frame(workspace);
  auto* rows = frame.take<split_row>(most_rows);
  auto* queries = frame.take<T>(a.q.batch * most_rows * C * D);
  auto* accumulated = frame.take<T>(a.q.batch * most_parts * C * Dv);
  auto* softmax = frame.take<online_softmax<T>>(a.q.batch * most_parts);
  for (std::int64_t r = 0; r < most_rows; ++r) rows[r] = {static_cast<int>(r % H), r / H};
  for (std::int64_t b = 0; b < a.q.batch; ++b)
    for (std::int64_t r = 0; r < most_rows; ++r) {
      const T* from = a.q.row(b, rows[r].index, rows[r].head);
      for (std::int64_t c = 0; c < C; ++c) {
        const T factor = T(folded_scale<Variant>) * weight(a.key_weight, c, Variant::composite_head(rows[r].head));
        T* to = queries + ((b * most_rows + r) * C + c) * D;
        for (std::int64_t d = 0; d < D; ++d) to[d] = factor * from[d];
      }
    }

  const auto group_of = [&](std::int64_t b) {
    const std::int64_t live = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    const std::int64_t keys = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
    return split{a.mask,
                 a.score,
                 b,
                 live,
                 keys,
                 live * H,
                 C * D,
                 C * Dv,
                 rows,
                 queries + b * most_rows * C * D,
                 {keys == 0 ? nullptr : a.k.row(b, 0, 0), a.k.token_stride},
                 {keys == 0 ? nullptr : a.v.row(b, 0, 0), a.v.token_stride},
                 accumulated + b * most_parts * C * Dv,
                 softmax + b * most_parts};
  };
  attend_groups<T>(a.q.batch, most_rows, a.k.tokens, workspace, group_of, [&](const split& group, std::int64_t b) {
    for (std::int64_t r = 0; r < most_rows; ++r) {
      const online_softmax<T> state = r < group.rows ? group.merge(r) : online_softmax<T>{};
      T* out = a.out.row(b, rows[r].index, rows[r].head);
      std::fill_n(out, Dv, T(0));
      if (a.lse.data != nullptr) a.lse.row(b, rows[r].head)[rows[r].index] = state.log_sum();
      if (state.scale() == T(0)) continue;
      for (std::int64_t c = 0; c < C; ++c) {
        const T factor = state.scale() * weight(a.value_weight, c, Variant::composite_head(rows[r].head));
        const T* component = group.accumulated + (r * C + c) * Dv;
        for (std::int64_t d = 0; d < Dv; ++d) out[d] += factor * component[d];
      }
    }
  });
}

}  // namespace headwise::cpu
