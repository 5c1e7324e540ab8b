// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numbers>

#include "headwise/cpu/attend_backward_tile.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/packing_chunks.hpp"
#include "headwise/cpu/visible_rows.hpp"
#include "headwise/operations/attend_arguments.hpp"

namespace headwise::cpu {

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
  using chunks_type = packing_chunks<F>;
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
  key_range* ranges;       ///< [batch][H][queries]
  visible_span* spans;     ///< [batch][H][panels of queries]
  bool* keys_finite;       ///< for every chunk
  bool* queries_finite;    ///< for every chunk, queries and output gradients

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
    block(self.ranges, batch * H * queries);
    block(self.spans, batch * H * whole_panels(queries) / tile::panel);
    block(self.keys_finite, chunks_type{batch, G, tokens, {}}.count());
    block(self.queries_finite, chunks_type{batch, H, queries, {}}.count());
  }

  void pack(const attend_backward_arguments<Variant, T>& a) const {
    chunks_of_keys(a).for_each([&](std::int64_t b, std::int64_t g, std::int64_t first, std::int64_t end,
                                   std::int64_t chunk) {
      const std::int64_t head = b * G + g;
      const std::int64_t live = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
      const T* k = a.k.row(b, 0, g);
      left_keys::pack(k, a.k.token_stride, first, end, keys + head * left_keys::size(a.k.tokens));
      left_values::pack(a.v.row(b, 0, g), a.v.token_stride, first, end, values + head * left_values::size(a.k.tokens));
      head_strips::pack(k, a.k.token_stride, live, first, end, key_strips + head * head_strips::size(a.k.tokens));
      keys_finite[chunk] = all_finite(a.k.row(b, first, g), a.k.token_stride, end - first, Variant::head_dim);
    });
    chunks_of_queries(a).for_each(
        [&](std::int64_t b, std::int64_t h, std::int64_t first, std::int64_t end, std::int64_t chunk) {
          pack_queries(a, b, static_cast<int>(h), first, end, chunk);
        });
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
            ranges + target * queries,
            spans_of(target, queries),
            negative_lse + target * whole_panels(queries),
            delta + target * whole_panels(queries),
            chunks_of_keys(a).all(keys_finite, b, g) && chunks_of_queries(a).all(queries_finite, b, head),
            {query_gradient, tile::padded_dim}};
  }

  /// The keys that the panels of a head's queries see.
  visible_span* spans_of(std::int64_t head, std::int64_t queries) const {
    return spans + head * whole_panels(queries) / tile::panel;
  }

 private:
  static chunks_type chunks_of_keys(const attend_backward_arguments<Variant, T>& a) {
    return {a.k.batch, G, a.k.tokens, a.key_lengths};
  }
  static chunks_type chunks_of_queries(const attend_backward_arguments<Variant, T>& a) {
    return {a.q.batch, H, a.q.tokens, a.query_lengths};
  }

  void pack_queries(const attend_backward_arguments<Variant, T>& a, std::int64_t b, int h, std::int64_t first,
                    std::int64_t end, std::int64_t chunk) const {
    const std::int64_t head = b * H + h;
    const std::int64_t queries = a.q.tokens;
    const std::int64_t live = headwise::detail::length_of(a.query_lengths, b, queries);
    const T* q = a.q.row(b, 0, h);
    const T* dout = a.out_gradient.row(b, 0, h);
    const std::int64_t dout_step = a.out_gradient.token_stride;
    head_panels::pack(q, a.q.token_stride, first, end, query_panels + head * head_panels::size(queries));
    value_panels::pack(dout, dout_step, first, end, out_gradient_panels + head * value_panels::size(queries));
    head_strips::pack(q, a.q.token_stride, live, first, end, query_strips + head * head_strips::size(queries));
    value_strips::pack(dout, dout_step, live, first, end, out_gradient_strips + head * value_strips::size(queries));
    queries_finite[chunk] = all_finite(a.q.row(b, first, h), a.q.token_stride, end - first, Variant::head_dim) &&
                            all_finite(a.out_gradient.row(b, first, h), dout_step, end - first, Variant::value_dim);

    const head_shape shape{h, b, live, headwise::detail::length_of(a.key_lengths, b, a.k.tokens)};
    key_range* row_ranges = ranges + head * queries;
    find_visible_rows(a.mask, shape, first, end - first, row_ranges + first);
    for (std::int64_t query = first; query < end; query += tile::panel)
      spans_of(head, queries)[query / tile::panel] =
          span_of<typename Variant::mask>(row_ranges + query, std::min(tile::panel, end - query));

    real* row_lse = negative_lse + head * whole_panels(queries);
    real* row_delta = delta + head * whole_panels(queries);
    const real* lse_gradient = a.lse_gradient.data == nullptr ? nullptr : a.lse_gradient.row(b, h);
    const real* given_delta = a.delta.data == nullptr ? nullptr : a.delta.row(b, h);
    for (std::int64_t i = first; i < end; ++i) {
      const real sum = a.lse.row(b, h)[i];
      // A row that sees nothing has weights 2^(-inf) = 0.
      const bool empty = sum == -std::numeric_limits<real>::infinity();
      row_lse[i] = empty ? sum : -std::numbers::log2e_v<real> * sum;
      const real product = given_delta == nullptr ? out_times_gradient(a, b, h, i) : given_delta[i];
      row_delta[i] = lse_gradient == nullptr ? product : product - lse_gradient[i];
    }
    const std::int64_t whole = whole_panels(end);
    std::fill(row_lse + end, row_lse + whole, -std::numeric_limits<real>::infinity());
    std::fill(row_delta + end, row_delta + whole, real(0));
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

}  // namespace headwise::cpu
