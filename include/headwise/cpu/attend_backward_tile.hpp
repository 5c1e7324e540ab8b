// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/score_rows.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/visible_rows.hpp"

namespace headwise::cpu {

/// The kernel of the backward pass: a tile of keys against a tile of queries of one head. Scores are computed again and
/// transposed (rows are keys), so that four of the five products read their left factor along rows.
template <typename Variant, typename Real>
struct attend_backward_tile {
  static constexpr std::int64_t group = register_tile<Real>::rows;
  static constexpr std::int64_t panel = register_tile<Real>::columns;
  static constexpr std::int64_t key_rows = 16 * group;
  static constexpr std::int64_t query_columns = std::max<std::int64_t>(192 / panel, 1) * panel;
  static constexpr std::int64_t query_panels = query_columns / panel;
  using query_panels_type = packed_panels<Real, Variant::head_dim>;
  using value_panels_type = packed_panels<Real, Variant::value_dim>;
  using head_strips = packed_strips<Real, Variant::head_dim>;
  using value_strips = packed_strips<Real, Variant::value_dim>;
  static constexpr std::int64_t padded_dim = head_strips::padded_dim;
  static constexpr std::int64_t padded_value_dim = value_strips::padded_dim;
  using rule_type =
      decltype(headwise::detail::score_rule_of_head(std::declval<const typename Variant::score_modification&>(), 0, 1));

  /// One thread's scratch.
  struct scratch {
    key_range* ranges;     ///< [query_columns], the keys that every query may see
    visible_span* spans;   ///< [query_panels], the same for panels of queries
    Real* weights;         ///< [key_rows][query_columns], P transposed
    Real* gradients;       ///< [key_rows][query_columns], the gradient of the scores, transposed
    Real* derivatives;     ///< [query_columns], of the score modification along one row
    Real* key_gradient;    ///< [key_rows][padded_dim]
    Real* value_gradient;  ///< [key_rows][padded_value_dim]

    static scratch take(host_workspace::frame& frame) {
      return {frame.take<key_range>(query_columns),
              frame.take<visible_span>(query_panels),
              frame.take<Real>(key_rows * query_columns),
              frame.take<Real>(key_rows * query_columns),
              frame.take<Real>(query_columns),
              frame.take<Real>(key_rows * padded_dim),
              frame.take<Real>(key_rows * padded_value_dim)};
    }
    static constexpr std::size_t bytes() {
      return host_workspace::bytes_for<key_range>(query_columns) +
             host_workspace::bytes_for<visible_span>(query_panels) +
             2 * host_workspace::bytes_for<Real>(key_rows * query_columns) +
             host_workspace::bytes_for<Real>(query_columns) + host_workspace::bytes_for<Real>(key_rows * padded_dim) +
             host_workspace::bytes_for<Real>(key_rows * padded_value_dim);
    }
  };

  /// The tensors of one query head and its composite head, packed. Panels are transposed.
  struct operands {
    left_factor<Real> keys;
    left_factor<Real> values;
    head_strips key_strips;
    const Real* query_panels;  ///< with the scale folded in
    const Real* out_gradient_panels;
    head_strips query_strips;
    value_strips out_gradient_strips;
    const Real* lse;                  ///< [queries] in units of log2, +inf where a row sees nothing
    const Real* delta;                ///< [queries], sum of P dP less the gradient of lse
    bool finite;                      ///< no NaN or infinity in keys, queries and output gradients
    row_factor<Real> query_gradient;  ///< [queries][padded_dim], added to, without the scale
  };

  const typename Variant::mask& mask;
  rule_type rule;
  head_shape shape;
  operands in;
  scratch tile;

  /// Keys [first_key, first_key + keys) against queries [first_query, first_query + queries): adds to the gradients of
  /// keys and values in the scratch (without the scale) and to that of the queries.
  void run(std::int64_t first_key, std::int64_t keys, std::int64_t first_query, std::int64_t queries) const {
    find_visible_rows(mask, shape, first_query, queries, tile.ranges);
    const std::int64_t panels = (queries + panel - 1) / panel;
    for (std::int64_t p = 0; p < panels; ++p)
      tile.spans[p] = span_of<typename Variant::mask>(tile.ranges + p * panel, std::min(panel, queries - p * panel));
    for (std::int64_t row = 0; row < keys; row += group)
      differentiate_rows(first_key, row, std::min(group, keys - row), first_query, queries, panels);
    for (std::int64_t p = 0; p < panels; ++p)
      accumulate_queries(first_key, keys, first_query, p, std::min(panel, queries - p * panel));
  }

 private:
  /// Rows [row, row + rows) of keys: their weights and score gradients, and what these add to dV and dK.
  void differentiate_rows(std::int64_t first_key, std::int64_t row, std::int64_t rows, std::int64_t first_query,
                          std::int64_t queries, std::int64_t panels) const {
    const key_range keys{first_key + row, first_key + row + rows};
    std::int64_t begin = panels;
    std::int64_t end = 0;
    for (std::int64_t p = 0; p < panels; ++p) {
      if (intersection(tile.spans[p].any, keys).size() == 0) continue;
      begin = std::min(begin, p);
      end = p + 1;
    }
    for (std::int64_t i = row; i < row + rows; ++i) {
      std::fill_n(tile.gradients + i * query_columns, std::min(begin, panels) * panel, Real(0));
      std::fill_n(tile.gradients + i * query_columns + end * panel, (panels - end) * panel, Real(0));
    }
    if (begin >= end) return;

    for (std::int64_t p = begin; p < end; ++p) {
      const std::int64_t query = first_query + p * panel;
      product<product_write::overwrite>(
          rows, panel, Variant::head_dim, in.keys.from_row(keys.begin),
          query_panels_type::panel(in.query_panels, query),
          row_factor<Real>{tile.weights + row * query_columns + p * panel, query_columns});
      product<product_write::overwrite>(
          rows, panel, Variant::value_dim, in.values.from_row(keys.begin),
          value_panels_type::panel(in.out_gradient_panels, query),
          row_factor<Real>{tile.gradients + row * query_columns + p * panel, query_columns});
      const bool all_visible = tile.spans[p].all.begin <= keys.begin && keys.end <= tile.spans[p].all.end;
      const std::int64_t live = std::min(panel, queries - p * panel);
      for (std::int64_t i = 0; i < rows; ++i)
        differentiate_row(keys.begin + i, row + i, query, p * panel, live, all_visible);
    }

    const std::int64_t first = begin * panel;
    const std::int64_t last = std::min(end * panel, queries);
    accumulate(tile.weights, keys, row, first_query, {first, last}, in.out_gradient_strips, tile.value_gradient);
    accumulate(tile.gradients, keys, row, first_query, {first, last}, in.query_strips, tile.key_gradient);
  }

  /// One key against one panel of queries: P = 2^(S - lse), dS = P (dP - delta).
  void differentiate_row(std::int64_t key, std::int64_t row, std::int64_t query, std::int64_t column, std::int64_t live,
                         bool all_visible) const {
    using p = packet<Real>;
    Real* weights = tile.weights + row * query_columns + column;
    Real* gradients = tile.gradients + row * query_columns + column;
    constexpr bool modifies = headwise::detail::modifies_scores<typename Variant::score_modification>;
    if constexpr (modifies) modify_row(key, query, column, live, weights);
    for (std::int64_t j = 0; j < panel; j += p::size) {
      const typename p::type weight = p::exp2(p::subtract(p::load(weights + j), p::load(in.lse + query + j)));
      typename p::type gradient =
          p::multiply(weight, p::subtract(p::load(gradients + j), p::load(in.delta + query + j)));
      if constexpr (modifies) gradient = p::multiply(gradient, p::load(tile.derivatives + j));
      p::store(weights + j, weight);
      p::store(gradients + j, gradient);
    }
    if (all_visible) return;
    for (std::int64_t j = 0; j < live; ++j)
      if (!visible(query + j, column + j, key)) weights[j] = gradients[j] = Real(0);
  }

  void modify_row(std::int64_t key, std::int64_t query, std::int64_t column, std::int64_t live, Real* scores) const {
    for (std::int64_t j = 0; j < live; ++j) {
      const bool seen = visible(query + j, column + j, key);
      const token_pair at = pair_of(shape.query(query + j), key);
      tile.derivatives[j] = seen ? rule.derivative(scores[j], at) : Real(0);
      scores[j] = seen ? std::numbers::log2e_v<Real> * rule.modify(scores[j], at) : Real(0);
    }
    std::fill(tile.derivatives + live, tile.derivatives + panel, Real(0));
  }

  bool visible(std::int64_t query, std::int64_t column, std::int64_t key) const {
    return tile.ranges[column].contains(key) &&
           headwise::detail::visible_in_range(mask, pair_of(shape.query(query), key));
  }

  /// result[key] += sum over queries of coefficients[key][query] * vectors[query], for the columns in `queries`.
  template <typename Strips>
  void accumulate(const Real* coefficients, key_range keys, std::int64_t row, std::int64_t first_query,
                  key_range queries, const Strips& vectors, Real* result) const {
    const auto add = [&](std::int64_t first_row, std::int64_t count, std::int64_t begin, std::int64_t end) {
      vectors.multiply_add(
          count, end - begin, left_factor<Real>{coefficients + first_row * query_columns + begin, query_columns, 1},
          first_query + begin, row_factor<Real>{result + first_row * Strips::padded_dim, Strips::padded_dim});
    };
    if (in.finite) {
      add(row, keys.size(), queries.begin, queries.end);
      return;
    }
    // As in the forward pass: what is not finite reaches only what it is visible to.
    for (std::int64_t i = 0; i < keys.size(); ++i)
      for (std::int64_t j = queries.begin; j < queries.end; ++j)
        if (visible(first_query + j, j, keys.begin + i)) add(row + i, 1, j, j + 1);
  }

  /// dQ of one panel of queries += dS K over the keys of the tile that any of them sees.
  void accumulate_queries(std::int64_t first_key, std::int64_t keys, std::int64_t first_query, std::int64_t index,
                          std::int64_t live) const {
    const key_range seen = intersection(tile.spans[index].any, {first_key, first_key + keys});
    if (seen.size() == 0) return;
    const auto add = [&](std::int64_t column, std::int64_t count, std::int64_t begin, std::int64_t end) {
      in.key_strips.multiply_add(
          count, end - begin,
          left_factor<Real>{tile.gradients + (begin - first_key) * query_columns + column, 1, query_columns}, begin,
          in.query_gradient.from_row(first_query + column));
    };
    const std::int64_t column = index * panel;
    if (in.finite) {
      add(column, live, seen.begin, seen.end);
      return;
    }
    for (std::int64_t j = 0; j < live; ++j)
      for_each_visible_run(mask, shape.query(first_query + column + j), intersection(tile.ranges[column + j], seen),
                           [&](std::int64_t begin, std::int64_t end) { add(column + j, 1, begin, end); });
  }
};

}  // namespace headwise::cpu
