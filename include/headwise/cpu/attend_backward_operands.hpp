// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numbers>

#include "headwise/cpu/attend_backward_tile.hpp"
#include "headwise/cpu/attend_call.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/head_layout.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/packing_chunks.hpp"
#include "headwise/cpu/visible_rows.hpp"

namespace headwise::cpu {

/// The packed operands of all heads for the backward pass, in scratch.
template <typename T, typename F>
struct packed_backward_operands {
  using tile = attend_backward_tile<T, F>;
  using real = sum_of<F>;
  using left = left_rows<F, T>;
  using strips = typename tile::strips_type;
  using panels = typename tile::panels_type;
  using chunks_type = packing_chunks<F>;
  using inputs = attend_inputs<T, real>;
  using gradients = attend_gradients<T, real>;

  F* keys;                 ///< [batch][G], as left factor
  F* values;               ///< [batch][G], as left factor
  F* key_strips;           ///< [batch][G]
  F* query_panels;         ///< [batch][H]
  F* out_gradient_panels;  ///< [batch][H]
  F* query_strips;         ///< [batch][H]
  F* out_gradient_strips;  ///< [batch][H]
  real* negative_lse;      ///< [batch][H][queries of whole panels], in units of log2
  real* delta;             ///< [batch][H][queries of whole panels]
  key_range* ranges;       ///< [batch][H][queries]
  visible_span* spans;     ///< [batch][H][panels of queries]
  bool* keys_finite;       ///< for every chunk
  bool* queries_finite;    ///< for every chunk, queries and output gradients

  static constexpr std::int64_t whole_panels(std::int64_t queries) { return rounded_up(queries, tile::panel); }

  /// Calls block(pointer, numbers) for every block of numbers.
  template <typename Self, typename Block>
  static constexpr void for_each_block(Self& self, const Block& block, const head_layout& heads, std::int64_t batch,
                                       std::int64_t queries, std::int64_t tokens) {
    const std::int64_t sources = batch * heads.composite_heads;
    const std::int64_t targets = batch * heads.query_heads;
    block(self.keys, sources * left::size(tokens, heads.head_dim));
    block(self.values, sources * left::size(tokens, heads.value_dim));
    block(self.key_strips, sources * strips::size(tokens, heads.head_dim));
    block(self.query_panels, targets * panels::size(queries, heads.head_dim));
    block(self.out_gradient_panels, targets * panels::size(queries, heads.value_dim));
    block(self.query_strips, targets * strips::size(queries, heads.head_dim));
    block(self.out_gradient_strips, targets * strips::size(queries, heads.value_dim));
    block(self.negative_lse, targets * whole_panels(queries));
    block(self.delta, targets * whole_panels(queries));
    block(self.ranges, targets * queries);
    block(self.spans, targets * whole_panels(queries) / tile::panel);
    block(self.keys_finite, chunks_type{batch, heads.composite_heads, tokens, {}}.count());
    block(self.queries_finite, chunks_type{batch, heads.query_heads, queries, {}}.count());
  }

  void pack(const inputs& a, const gradients& of) const {
    const std::int64_t D = a.heads.head_dim;
    const std::int64_t D_v = a.heads.value_dim;
    chunks_of_keys(a).for_each([&](std::int64_t b, std::int64_t g, std::int64_t first, std::int64_t end,
                                   std::int64_t chunk) {
      const std::int64_t head = b * a.heads.composite_heads + g;
      left::pack(a.key_rows(b, g), D, first, end, keys + head * left::size(a.k.tokens, D));
      left::pack(a.value_rows(b, g), D_v, first, end, values + head * left::size(a.k.tokens, D_v));
      strips::pack(a.key_rows(b, g), D, a.live_keys(b), first, end, key_strips + head * strips::size(a.k.tokens, D));
      keys_finite[chunk] = all_finite(a.key_rows(b, g).from_row(first), end - first, D);
    });
    chunks_of_queries(a).for_each([&](std::int64_t b, std::int64_t h, std::int64_t first, std::int64_t end,
                                      std::int64_t chunk) { pack_queries(a, of, b, h, first, end, chunk); });
  }

  typename tile::operands of(const inputs& a, const gradients& of, std::int64_t b, std::int64_t h,
                             real* query_gradient) const {
    const std::int64_t D = a.heads.head_dim;
    const std::int64_t D_v = a.heads.value_dim;
    const std::int64_t g = a.heads.composite_head[h];
    const std::int64_t source = b * a.heads.composite_heads + g;
    const std::int64_t target = b * a.heads.query_heads + h;
    const std::int64_t tokens = a.k.tokens;
    const std::int64_t queries = a.q.tokens;
    return {left::view(a.key_rows(b, g), D, keys + source * left::size(tokens, D)),
            left::view(a.value_rows(b, g), D_v, values + source * left::size(tokens, D_v)),
            {key_strips + source * strips::size(tokens, D), a.live_keys(b), D},
            {query_panels + target * panels::size(queries, D), elements_of<F>(D)},
            {out_gradient_panels + target * panels::size(queries, D_v), elements_of<F>(D_v)},
            {query_strips + target * strips::size(queries, D), a.live_queries(b), D},
            {out_gradient_strips + target * strips::size(queries, D_v), a.live_queries(b), D_v},
            a.key_rows(b, g),
            a.query_rows(b, h),
            rows_of_head(of.out_gradient, b, h),
            ranges + target * queries,
            spans_of(target, queries),
            negative_lse + target * whole_panels(queries),
            delta + target * whole_panels(queries),
            chunks_of_keys(a).all(keys_finite, b, g) && chunks_of_queries(a).all(queries_finite, b, h),
            {query_gradient, strips::padded(D)}};
  }

  /// The keys that the panels of a head's queries see.
  visible_span* spans_of(std::int64_t head, std::int64_t queries) const {
    return spans + head * whole_panels(queries) / tile::panel;
  }

 private:
  static chunks_type chunks_of_keys(const inputs& a) {
    return {a.k.batch, a.heads.composite_heads, a.k.tokens, a.key_lengths};
  }
  static chunks_type chunks_of_queries(const inputs& a) {
    return {a.q.batch, a.heads.query_heads, a.q.tokens, a.query_lengths};
  }

  void pack_queries(const inputs& a, const gradients& of, std::int64_t b, std::int64_t h, std::int64_t first,
                    std::int64_t end, std::int64_t chunk) const {
    const std::int64_t D = a.heads.head_dim;
    const std::int64_t D_v = a.heads.value_dim;
    const std::int64_t head = b * a.heads.query_heads + h;
    const std::int64_t queries = a.q.tokens;
    const head_shape shape = a.shape_of(b, h);
    const row_factor<const T> q = a.query_rows(b, h);
    const row_factor<const T> dout = rows_of_head(of.out_gradient, b, h);
    panels::pack(q, D, first, end, query_panels + head * panels::size(queries, D));
    panels::pack(dout, D_v, first, end, out_gradient_panels + head * panels::size(queries, D_v));
    strips::pack(q, D, shape.queries, first, end, query_strips + head * strips::size(queries, D));
    strips::pack(dout, D_v, shape.queries, first, end, out_gradient_strips + head * strips::size(queries, D_v));
    queries_finite[chunk] =
        all_finite(q.from_row(first), end - first, D) && all_finite(dout.from_row(first), end - first, D_v);

    key_range* row_ranges = ranges + head * queries;
    find_visible_rows(a.rules, shape, first, end - first, row_ranges + first);
    for (std::int64_t query = first; query < end; query += tile::panel)
      spans_of(head, queries)[query / tile::panel] =
          span_of(a.rules, row_ranges + query, std::min(tile::panel, end - query));

    real* row_lse = negative_lse + head * whole_panels(queries);
    real* row_delta = delta + head * whole_panels(queries);
    const real* lse_gradient = of.lse_gradient.data == nullptr ? nullptr : of.lse_gradient.row(b, h);
    const real* given_delta = of.delta.data == nullptr ? nullptr : of.delta.row(b, h);
    for (std::int64_t i = first; i < end; ++i) {
      const real sum = of.lse.row(b, h)[i];
      // A row that sees nothing has weights 2^(-inf) = 0.
      const bool empty = sum == -std::numeric_limits<real>::infinity();
      row_lse[i] = empty ? sum : -std::numbers::log2e_v<real> * sum;
      const real product = given_delta == nullptr ? out_times_gradient(of, D_v, b, h, i) : given_delta[i];
      row_delta[i] = lse_gradient == nullptr ? product : product - lse_gradient[i];
    }
    const std::int64_t whole = whole_panels(end);
    std::fill(row_lse + end, row_lse + whole, -std::numeric_limits<real>::infinity());
    std::fill(row_delta + end, row_delta + whole, real(0));
  }

  static real out_times_gradient(const gradients& of, std::int64_t value_dim, std::int64_t b, std::int64_t head,
                                 std::int64_t i) {
    const T* out = of.out.row(b, i, head);
    const T* gradient = of.out_gradient.row(b, i, head);
    real product = 0;
    for (std::int64_t d = 0; d < value_dim; ++d) product += real(out[d]) * real(gradient[d]);
    return product;
  }
};

}  // namespace headwise::cpu
