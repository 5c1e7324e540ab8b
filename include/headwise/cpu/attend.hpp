// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_few_queries.hpp"
#include "headwise/cpu/attend_tile.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cpu {

namespace tiles {

/// Writes a finished tile of queries: outputs, and log-sum-exp where it is wanted.
template <typename Variant, typename T, typename Real>
void write_tile(const attend_arguments<Variant, T>& a, const typename attend_tile<Variant, Real>::scratch& tile,
                std::int64_t b, int head, std::int64_t first, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const Real scale = tile.softmax[i].scale();
    const Real* sums = tile.accumulated + i * attend_tile<Variant, Real>::padded_value_dim;
    T* out = a.out.row(b, first + i, head);
    for (int d = 0; d < Variant::value_dim; ++d) out[d] = T(scale * sums[d]);
    if (a.lse.data != nullptr) a.lse.row(b, head)[first + i] = tile.softmax[i].log_sum();
  }
}

/// Queries past a sequence's length give 0 and -inf.
template <typename Variant, typename T, typename Real>
void write_absent(const attend_arguments<Variant, T>& a, std::int64_t b, int head, std::int64_t first,
                  std::int64_t end) {
  for (std::int64_t i = first; i < end; ++i) {
    std::fill_n(a.out.row(b, i, head), Variant::value_dim, T(0));
    if (a.lse.data != nullptr) a.lse.row(b, head)[i] = -std::numeric_limits<Real>::infinity();
  }
}

/// The packed operands of all heads, in scratch.
template <typename Variant, typename T, typename Real>
struct packed_operands {
  using keys_type = packed_panels<Real, Variant::head_dim>;
  using values_type = packed_strips<Real, Variant::value_dim>;
  using queries_type = left_rows<Real, T, Variant::head_dim>;
  static constexpr std::int64_t G = Variant::composite_heads;
  static constexpr std::int64_t H = Variant::query_heads;

  Real* keys;
  Real* values;
  Real* queries;
  bool* values_finite;

  static packed_operands take(host_workspace::frame& frame, std::int64_t batch, std::int64_t queries,
                              std::int64_t keys) {
    return {frame.take<Real>(batch * G * keys_type::size(keys)), frame.take<Real>(batch * G * values_type::size(keys)),
            frame.take<Real>(batch * H * queries_type::size(queries)), frame.take<bool>(batch * G)};
  }
  static constexpr std::size_t bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys) {
    return host_workspace::bytes_for<Real>(batch * G * keys_type::size(keys)) +
           host_workspace::bytes_for<Real>(batch * G * values_type::size(keys)) +
           host_workspace::bytes_for<Real>(batch * H * queries_type::size(queries)) +
           host_workspace::bytes_for<bool>(batch * G);
  }

  void pack(const attend_arguments<Variant, T>& a) const {
    parallel_for(a.k.batch * G, [&](std::int64_t task, int /*thread*/) {
      const std::int64_t b = task / G;
      const std::int64_t g = task % G;
      const std::int64_t live = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
      if (live == 0) return;
      keys_type::pack(a.k.row(b, 0, g), a.k.token_stride, live, Real(folded_scale<Variant>),
                      keys + task * keys_type::size(a.k.tokens));
      values_type::pack(a.v.row(b, 0, g), a.v.token_stride, live, values + task * values_type::size(a.k.tokens));
      values_finite[task] = all_finite(a.v.row(b, 0, g), a.v.token_stride, live, Variant::value_dim);
    });
    if constexpr (!queries_type::in_place)
      parallel_for(a.q.batch * H, [&](std::int64_t task, int /*thread*/) {
        queries_type::pack(a.q.row(task / H, 0, task % H), a.q.token_stride, a.q.tokens,
                           queries + task * queries_type::size(a.q.tokens));
      });
  }

  typename attend_tile<Variant, Real>::operands of(const attend_arguments<Variant, T>& a, std::int64_t b,
                                                   int head) const {
    const std::int64_t g = Variant::composite_head(head);
    const std::int64_t source = b * G + g;
    return {
        left_factor<Real>::rows(queries_type::view(a.q.row(b, 0, head), a.q.token_stride,
                                                   queries + (b * H + head) * queries_type::size(a.q.tokens))),
        keys + source * keys_type::size(a.k.tokens),
        {values + source * values_type::size(a.k.tokens), headwise::detail::length_of(a.key_lengths, b, a.k.tokens)},
        values_finite[source]};
  }
};

}  // namespace tiles

/// The scratch that `attend` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t attend_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys, int threads) {
  using real = typename Variant::template accumulator<T>;
  if (std::is_same_v<T, real> && has_few_queries<Variant>(queries))
    return few_queries_workspace_bytes<Variant, T>(batch, queries, keys, threads);
  using tile_scratch = typename attend_tile<Variant, real>::scratch;
  return tiles::packed_operands<Variant, T, real>::bytes(batch, queries, keys) +
         host_workspace::bytes_for<tile_scratch>(threads) + static_cast<std::size_t>(threads) * tile_scratch::bytes();
}

/// Attention of every query head over its composite head, as `attend_arguments` describes it: tiles with an online
/// softmax, so that memory grows with tokens and not with their square. Parallel over batch, heads and tiles of
/// queries.
template <typename Variant, typename T>
void attend(const attend_arguments<Variant, T>& a, host_workspace& workspace) {
  headwise::detail::check_attend(a);
  using real = typename Variant::template accumulator<T>;
  if constexpr (std::is_same_v<T, real>)
    if (has_few_queries<Variant>(a.q.tokens)) return attend_few_queries(a, workspace);
  using tile_type = attend_tile<Variant, real>;
  constexpr int H = Variant::query_heads;
  const std::int64_t batch = a.q.batch;

  host_workspace::frame frame(workspace);
  const auto operands = tiles::packed_operands<Variant, T, real>::take(frame, batch, a.q.tokens, a.k.tokens);
  operands.pack(a);
  auto* scratch = frame.take<typename tile_type::scratch>(thread_count());
  for (int t = 0; t < thread_count(); ++t) scratch[t] = tile_type::scratch::take(frame);

  const std::int64_t tiles = (a.q.tokens + tile_type::query_rows - 1) / tile_type::query_rows;
  parallel_for(tiles * batch * H, [&](std::int64_t task, int thread) {
    // The last tiles of a causal mask are the longest, so they come first.
    const std::int64_t first = (tiles - 1 - task / (batch * H)) * tile_type::query_rows;
    const std::int64_t end = std::min(first + tile_type::query_rows, a.q.tokens);
    const std::int64_t b = task / H % batch;
    const int head = static_cast<int>(task % H);
    const std::int64_t queries = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    const std::int64_t keys = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
    const std::int64_t count = keys == 0 ? 0 : std::clamp(queries - first, std::int64_t{0}, end - first);
    if (count > 0) {
      const tile_type tile{a.mask, headwise::detail::score_rule_of_head(a.score, head, H),
                           head_shape{head, b, queries, keys}, operands.of(a, b, head), scratch[thread]};
      tile.run(first, count);
      tiles::write_tile<Variant, T, real>(a, tile.tile, b, head, first, count);
    }
    tiles::write_absent<Variant, T, real>(a, b, head, first + count, end);
  });
}

}  // namespace headwise::cpu
