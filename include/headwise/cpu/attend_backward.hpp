// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_backward_tile.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/scratch_blocks.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cpu {
namespace tiles {

/// The packed operands of all heads for the backward pass, in scratch.
template <typename Variant, typename T, typename F>
struct packed_backward_operands {
  using tile = attend_backward_tile<Variant, T, F>;
  using real = sum_of<F>;
  using left_keys = left_rows<F, T, Variant::head_dim>;
  using left_values = left_rows<F, T, Variant::value_dim>;
  using head_strips = typename tile::head_strips;
  using value_strips = typename tile::value_strips;
  using head_panels = typename tile::query_panels_type;
  using value_panels = typename tile::value_panels_type;
  static constexpr std::int64_t G = Variant::composite_heads;
  static constexpr std::int64_t H = Variant::query_heads;

  F* keys;                 ///< [batch][G], as left factor
  F* values;               ///< [batch][G], as left factor
  F* key_strips;           ///< [batch][G]
  F* query_panels;         ///< [batch][H]
  F* out_gradient_panels;  ///< [batch][H]
  F* query_strips;         ///< [batch][H]
  F* out_gradient_strips;  ///< [batch][H]
  real* negative_lse;      ///< [batch][H][queries of whole panels], in units of log2
  real* delta;             ///< [batch][H][queries of whole panels]
  bool* keys_finite;       ///< [batch][G]
  bool* queries_finite;    ///< [batch][H], queries and output gradients

  static constexpr std::int64_t whole_panels(std::int64_t queries) { return rounded_up(queries, tile::panel); }

  /// Calls block(pointer, numbers) for every block of numbers.
  template <typename Self, typename Block>
  static constexpr void for_each_block(Self& self, const Block& block, std::int64_t batch, std::int64_t queries,
                                       std::int64_t tokens) {
    block(self.keys, batch * G * left_keys::size(tokens));
    block(self.values, batch * G * left_values::size(tokens));
    block(self.key_strips, batch * G * head_strips::size(tokens));
    block(self.query_panels, batch * H * head_panels::size(queries));
    block(self.out_gradient_panels, batch * H * value_panels::size(queries));
    block(self.query_strips, batch * H * head_strips::size(queries));
    block(self.out_gradient_strips, batch * H * value_strips::size(queries));
    block(self.negative_lse, batch * H * whole_panels(queries));
    block(self.delta, batch * H * whole_panels(queries));
    block(self.keys_finite, batch * G);
    block(self.queries_finite, batch * H);
  }

  void pack(const attend_backward_arguments<Variant, T>& a) const {
    parallel_for(a.k.batch * G, [&](std::int64_t task, int /*thread*/) {
      const std::int64_t b = task / G;
      const std::int64_t g = task % G;
      const std::int64_t live = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
      if (live == 0) return;
      const T* k = a.k.row(b, 0, g);
      left_keys::pack(k, a.k.token_stride, live, keys + task * left_keys::size(a.k.tokens));
      left_values::pack(a.v.row(b, 0, g), a.v.token_stride, live, values + task * left_values::size(a.k.tokens));
      head_strips::pack(k, a.k.token_stride, live, key_strips + task * head_strips::size(a.k.tokens));
      keys_finite[task] = all_finite(k, a.k.token_stride, live, Variant::head_dim);
    });
    parallel_for(a.q.batch * H,
                 [&](std::int64_t task, int /*thread*/) { pack_queries(a, task / H, static_cast<int>(task % H)); });
  }

  typename tile::operands of(const attend_backward_arguments<Variant, T>& a, std::int64_t b, int head,
                             real* query_gradient) const {
    const std::int64_t g = Variant::composite_head(head);
    const std::int64_t source = b * G + g;
    const std::int64_t target = b * H + head;
    const std::int64_t tokens = a.k.tokens;
    const std::int64_t queries = a.q.tokens;
    const std::int64_t live_queries = headwise::detail::length_of(a.query_lengths, b, queries);
    const T* k = a.k.row(b, 0, g);
    return {left_keys::view(k, a.k.token_stride, keys + source * left_keys::size(tokens)),
            left_values::view(a.v.row(b, 0, g), a.v.token_stride, values + source * left_values::size(tokens)),
            {key_strips + source * head_strips::size(tokens), headwise::detail::length_of(a.key_lengths, b, tokens)},
            query_panels + target * head_panels::size(queries),
            out_gradient_panels + target * value_panels::size(queries),
            {query_strips + target * head_strips::size(queries), live_queries},
            {out_gradient_strips + target * value_strips::size(queries), live_queries},
            {k, a.k.token_stride},
            {a.q.row(b, 0, head), a.q.token_stride},
            {a.out_gradient.row(b, 0, head), a.out_gradient.token_stride},
            negative_lse + target * whole_panels(queries),
            delta + target * whole_panels(queries),
            keys_finite[source] && queries_finite[target],
            {query_gradient, tile::padded_dim}};
  }

 private:
  void pack_queries(const attend_backward_arguments<Variant, T>& a, std::int64_t b, int head) const {
    const std::int64_t task = b * H + head;
    const std::int64_t queries = a.q.tokens;
    const std::int64_t live = headwise::detail::length_of(a.query_lengths, b, queries);
    if (live == 0) return;
    const T* q = a.q.row(b, 0, head);
    const T* dout = a.out_gradient.row(b, 0, head);
    head_panels::pack(q, a.q.token_stride, live, query_panels + task * head_panels::size(queries));
    value_panels::pack(dout, a.out_gradient.token_stride, live,
                       out_gradient_panels + task * value_panels::size(queries));
    head_strips::pack(q, a.q.token_stride, live, query_strips + task * head_strips::size(queries));
    value_strips::pack(dout, a.out_gradient.token_stride, live,
                       out_gradient_strips + task * value_strips::size(queries));
    queries_finite[task] = all_finite(q, a.q.token_stride, live, Variant::head_dim) &&
                           all_finite(dout, a.out_gradient.token_stride, live, Variant::value_dim);

    real* row_lse = negative_lse + task * whole_panels(queries);
    real* row_delta = delta + task * whole_panels(queries);
    const real* lse_gradient = a.lse_gradient.data == nullptr ? nullptr : a.lse_gradient.row(b, head);
    const real* given_delta = a.delta.data == nullptr ? nullptr : a.delta.row(b, head);
    for (std::int64_t i = 0; i < live; ++i) {
      const real sum = a.lse.row(b, head)[i];
      // A row that sees nothing has weights 2^(-inf) = 0.
      const bool empty = sum == -std::numeric_limits<real>::infinity();
      row_lse[i] = empty ? sum : -std::numbers::log2e_v<real> * sum;
      const real product = given_delta == nullptr ? out_times_gradient(a, b, head, i) : given_delta[i];
      row_delta[i] = lse_gradient == nullptr ? product : product - lse_gradient[i];
    }
    std::fill(row_lse + live, row_lse + whole_panels(live), -std::numeric_limits<real>::infinity());
    std::fill(row_delta + live, row_delta + whole_panels(live), real(0));
  }

  static real out_times_gradient(const attend_backward_arguments<Variant, T>& a, std::int64_t b, int head,
                                 std::int64_t i) {
    const T* out = a.out.row(b, i, head);
    const T* gradient = a.out_gradient.row(b, i, head);
    real product = 0;
    for (int d = 0; d < Variant::value_dim; ++d) product += real(out[d]) * real(gradient[d]);
    return product;
  }
};

/// Into how many parts the keys of one composite head are cut, each a task with a query gradient of its own. It depends
/// on the shape alone, so results do not depend on threads; few heads are cut so that many threads find work.
constexpr std::int64_t key_segments(std::int64_t heads, std::int64_t key_tiles) {
  constexpr std::int64_t wanted_tasks = 16;
  constexpr std::int64_t most = 8;
  return std::clamp<std::int64_t>(heads == 0 ? 1 : wanted_tasks / heads, 1,
                                  std::clamp<std::int64_t>(key_tiles, 1, most));
}

template <typename Real, typename T, int Dim>
void write_rows(const Real* rows, std::int64_t row_step, Real factor, std::int64_t count, T* to,
                std::int64_t token_stride) {
  for (std::int64_t n = 0; n < count; ++n) convert(rows + n * row_step, Dim, factor, to + n * token_stride);
}

template <typename T, int Heads, int Dim>
void write_zeros(const head_view<T, Heads, Dim>& view, std::int64_t b, std::int64_t head, std::int64_t first,
                 std::int64_t end) {
  for (std::int64_t n = first; n < end; ++n) std::fill_n(view.row(b, n, head), Dim, T(0));
}

}  // namespace tiles

/// The scratch that `attend_backward` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t attend_backward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                      int threads) {
  using real = typename Variant::template accumulator<T>;
  using operands_type = tiles::packed_backward_operands<Variant, T, fastest_factor<T, real>>;
  using tile = typename operands_type::tile;
  const std::int64_t segments =
      tiles::key_segments(batch * Variant::composite_heads, (keys + tile::key_rows - 1) / tile::key_rows);
  return bytes_of_blocks<operands_type>(batch, queries, keys) +
         host_workspace::bytes_for<real>(segments * batch * Variant::query_heads * queries * tile::padded_dim) +
         host_workspace::bytes_for<typename tile::scratch>(threads) +
         static_cast<std::size_t>(threads) * bytes_of_blocks<typename tile::scratch>();
}

/// The backward of `attend` by tiles, whose products multiply elements of type F.
template <typename F, typename Variant, typename T>
void attend_backward_by_tiles(const attend_backward_arguments<Variant, T>& a, host_workspace& workspace) {
  using operands_type = tiles::packed_backward_operands<Variant, T, F>;
  using tile_type = typename operands_type::tile;
  using real = sum_of<F>;
  constexpr std::int64_t G = Variant::composite_heads;
  constexpr std::int64_t H = Variant::query_heads;
  constexpr real scale = real(Variant::scale);
  const std::int64_t batch = a.q.batch;

  host_workspace::frame frame(workspace);
  const auto operands = take_blocks<operands_type>(frame, batch, a.q.tokens, a.k.tokens);
  operands.pack(a);
  const std::int64_t key_tiles = (a.k.tokens + tile_type::key_rows - 1) / tile_type::key_rows;
  const std::int64_t segments = tiles::key_segments(batch * G, key_tiles);
  const std::int64_t head_size = a.q.tokens * tile_type::padded_dim;
  real* query_gradients = frame.take<real>(segments * batch * H * head_size);
  const auto query_gradient_of = [&](std::int64_t segment, std::int64_t b, std::int64_t head) {
    return query_gradients + ((segment * batch + b) * H + head) * head_size;
  };
  auto* scratch = frame.take<typename tile_type::scratch>(thread_count());
  for (int t = 0; t < thread_count(); ++t) scratch[t] = tile_type::scratch::take(frame);

  parallel_for(segments * batch * G, [&](std::int64_t task, int thread) {
    const std::int64_t segment = task / (batch * G);
    const std::int64_t b = task / G % batch;
    const std::int64_t g = task % G;
    const std::int64_t queries = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    const std::int64_t keys = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
    const typename tile_type::scratch& tile = scratch[thread];
    for (int head = 0; head < H; ++head)
      if (Variant::composite_head(head) == g) std::fill_n(query_gradient_of(segment, b, head), head_size, real(0));
    for (std::int64_t t = segment * key_tiles / segments; t < (segment + 1) * key_tiles / segments; ++t) {
      const std::int64_t first = t * tile_type::key_rows;
      const std::int64_t end = std::min(first + tile_type::key_rows, a.k.tokens);
      const std::int64_t count = std::clamp(keys - first, std::int64_t{0}, end - first);
      if (count > 0) {
        std::fill_n(tile.key_gradient, count * tile_type::padded_dim, real(0));
        std::fill_n(tile.value_gradient, count * tile_type::padded_value_dim, real(0));
        for (int head = 0; head < H && queries > 0; ++head) {
          if (Variant::composite_head(head) != g) continue;
          const tile_type kernel{a.mask, headwise::detail::score_rule_of_head(a.score, head, Variant::query_heads),
                                 head_shape{head, b, queries, keys},
                                 operands.of(a, b, head, query_gradient_of(segment, b, head)), tile};
          for (std::int64_t query = 0; query < queries; query += tile_type::query_columns)
            kernel.run(first, count, query, std::min(tile_type::query_columns, queries - query));
        }
        tiles::write_rows<real, T, Variant::head_dim>(tile.key_gradient, tile_type::padded_dim, scale, count,
                                                      a.k_gradient.row(b, first, g), a.k_gradient.token_stride);
        tiles::write_rows<real, T, Variant::value_dim>(tile.value_gradient, tile_type::padded_value_dim, real(1), count,
                                                       a.v_gradient.row(b, first, g), a.v_gradient.token_stride);
      }
      tiles::write_zeros(a.k_gradient, b, g, first + count, end);
      tiles::write_zeros(a.v_gradient, b, g, first + count, end);
    }
  });

  parallel_for(batch * H, [&](std::int64_t task, int /*thread*/) {
    const std::int64_t b = task / H;
    const std::int64_t head = task % H;
    const std::int64_t queries = a.k.tokens == 0 ? 0 : headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
    real* total = query_gradient_of(0, b, head);
    for (std::int64_t segment = 1; segment < segments; ++segment) {
      const real* part = query_gradient_of(segment, b, head);
      for (std::int64_t i = 0; i < queries * tile_type::padded_dim; ++i) total[i] += part[i];
    }
    if (queries > 0)
      tiles::write_rows<real, T, Variant::head_dim>(total, tile_type::padded_dim, scale, queries,
                                                    a.q_gradient.row(b, 0, head), a.q_gradient.token_stride);
    tiles::write_zeros(a.q_gradient, b, head, queries, a.q.tokens);
  });
}

/// The backward of `attend`, as `attend_backward_arguments` describes it, with scores computed again tile by tile:
/// memory grows with tokens and not with their square. Parallel over batch, composite heads and parts of the keys;
/// everything is added in one fixed order.
template <typename Variant, typename T>
void attend_backward(const attend_backward_arguments<Variant, T>& a, host_workspace& workspace) {
  headwise::detail::check_attend_backward(a);
  attend_backward_by_tiles<fastest_factor<T, typename Variant::template accumulator<T>>>(a, workspace);
}

}  // namespace headwise::cpu
