// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/head_layout.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/score_rules.hpp"
#include "headwise/cpu/scratch_blocks.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/visible_rows.hpp"

namespace headwise::cpu {

/// The kernel of the backward pass: a tile of keys against a tile of queries of one head. Scores are computed again and
/// transposed (rows are keys), so that four of the five products read their left factor along rows. Products multiply
/// elements of type F.
template <typename T, typename F>
struct attend_backward_tile {
  using real = sum_of<F>;
  using number = typename factor<F>::number;
  static constexpr std::int64_t group = register_tile<real>::rows;
  static constexpr std::int64_t panel = register_tile<real>::columns;
  static constexpr std::int64_t key_rows = 16 * group;
  static constexpr std::int64_t query_columns = std::max<std::int64_t>(192 / panel, 1) * panel;
  using panels_type = packed_panels<F>;
  using strips_type = packed_strips<F>;

  /// One thread's scratch.
  struct scratch {
    real* products;        ///< [group][panel], of keys with queries
    real* derivatives;     ///< [group][panel], of values with output gradients, then the gradient of the scores
    real* modification;    ///< [panel], the derivative of the score modification along one row
    number* weights;       ///< [key_rows][query_columns], P transposed
    number* gradients;     ///< [key_rows][query_columns], the gradient of the scores, transposed
    F* gradients_by_keys;  ///< the same, with keys along the depth of elements
    real* key_gradient;    ///< [key_rows][padded head_dim]
    real* value_gradient;  ///< [key_rows][padded value_dim]

    /// Calls block(pointer, numbers) for every block of numbers.
    template <typename Self, typename Block>
    static constexpr void for_each_block(Self& self, const Block& block, const head_layout& heads) {
      block(self.products, group * panel);
      block(self.derivatives, group * panel);
      block(self.modification, panel);
      block(self.weights, key_rows * query_columns);
      block(self.gradients, key_rows * query_columns);
      if constexpr (factor<F>::depth > 1) block(self.gradients_by_keys, elements_of<F>(key_rows) * query_columns);
      block(self.key_gradient, key_rows * strips_type::padded(heads.head_dim));
      block(self.value_gradient, key_rows * strips_type::padded(heads.value_dim));
    }
    static scratch take(host_workspace::frame& frame, const head_layout& heads) {
      auto taken = take_blocks<scratch>(frame, heads);
      if constexpr (factor<F>::depth == 1) taken.gradients_by_keys = taken.gradients;
      return taken;
    }
  };

  /// The tensors of one query head and its composite head, packed. Panels are transposed.
  struct operands {
    left_factor<F> keys;
    left_factor<F> values;
    strips_type key_strips;
    panels_type query_panels;
    panels_type out_gradient_panels;
    strips_type query_strips;
    strips_type out_gradient_strips;
    row_factor<const T> key_rows;           ///< as they were given
    row_factor<const T> query_rows;         ///< as they were given
    row_factor<const T> out_gradient_rows;  ///< as they were given
    const key_range* ranges;                ///< [queries], the keys that every query may see
    const visible_span* spans;              ///< the same for panels of queries
    const real* negative_lse;               ///< [queries] in units of log2, -inf where a row sees nothing
    const real* delta;                      ///< [queries], sum of P dP less the gradient of lse
    bool finite;                            ///< no NaN or infinity in keys, queries and output gradients
    row_factor<real> query_gradient;        ///< [queries][padded head_dim], added to, without the scale
  };

  const score_rules<real>& rules;
  head_shape shape;
  operands in;
  scratch tile;

  /// Keys [first_key, first_key + keys) against queries [first_query, first_query + queries): adds to the gradients of
  /// keys and values in the scratch (without the scale) and to that of the queries.
  void run(std::int64_t first_key, std::int64_t keys, std::int64_t first_query, std::int64_t queries) const {
    for (std::int64_t row = 0; row < keys; row += group)
      differentiate_rows(first_key, row, std::min(group, keys - row), first_query, queries);
    for (std::int64_t column = 0; column < queries; column += panel)
      accumulate_queries(first_key, keys, first_query, column, std::min(panel, queries - column));
  }

 private:
  /// Rows [row, row + rows) of keys: their weights and score gradients, and what these add to dV and dK.
  void differentiate_rows(std::int64_t first_key, std::int64_t row, std::int64_t rows, std::int64_t first_query,
                          std::int64_t queries) const {
    const key_range keys{first_key + row, first_key + row + rows};
    const key_range seeing = queries_that_see(keys, first_query, queries);
    for (std::int64_t column = seeing.begin / panel * panel; column < seeing.end; column += panel) {
      const std::int64_t query = first_query + column;
      panel_product(rows, in.query_panels.elements, in.keys.from_row(keys.begin), in.query_panels.panel(query),
                    row_factor<real>{tile.products, panel}, result_write::overwrite);
      panel_product(rows, in.out_gradient_panels.elements, in.values.from_row(keys.begin),
                    in.out_gradient_panels.panel(query), row_factor<real>{tile.derivatives, panel},
                    result_write::overwrite);
      const bool all_visible = in.spans[query / panel].all_see(keys);
      const std::int64_t live = std::min(panel, queries - column);
      for (std::int64_t i = 0; i < rows; ++i)
        differentiate_row(keys.begin + i, row, i, query, column, live, all_visible);
      if constexpr (factor<F>::depth == 2) pair_rows(row, rows, column);
    }
    if (seeing.size() == 0) return;
    accumulate(tile.weights, keys, row, first_query, seeing, in.out_gradient_strips, in.out_gradient_rows,
               tile.value_gradient);
    accumulate(tile.gradients, keys, row, first_query, seeing, in.query_strips, in.query_rows, tile.key_gradient);
  }

  /// The columns of a tile from the first to the last query that may see one of these keys; the first one is where an
  /// element starts.
  key_range queries_that_see(key_range keys, std::int64_t first_query, std::int64_t queries) const {
    const auto sees = [&](std::int64_t column) {
      return intersection(in.ranges[first_query + column], keys).size() > 0;
    };
    const auto panel_sees = [&](std::int64_t column) {
      return intersection(in.spans[(first_query + column) / panel].any, keys).size() > 0;
    };
    key_range seeing{0, queries};
    while (seeing.begin < queries && !panel_sees(seeing.begin)) seeing.begin += panel;
    while (seeing.begin < queries && !sees(seeing.begin)) ++seeing.begin;
    if (seeing.begin >= queries) return {0, 0};
    while (!panel_sees(seeing.end - 1)) seeing.end = (seeing.end - 1) / panel * panel;
    while (!sees(seeing.end - 1)) --seeing.end;
    seeing.begin = seeing.begin / factor<F>::depth * factor<F>::depth;
    return seeing;
  }

  /// One key, `i` rows from the first one at hand, against one panel of queries: P = 2^(S - lse), dS = P (dP - delta).
  void differentiate_row(std::int64_t key, std::int64_t first_row, std::int64_t i, std::int64_t query,
                         std::int64_t column, std::int64_t live, bool all_visible) const {
    using p = packet<real>;
    real* products = tile.products + i * panel;
    real* derivatives = tile.derivatives + i * panel;
    number* stored_weights = tile.weights + (first_row + i) * query_columns + column;
    number* stored_gradients = tile.gradients + (first_row + i) * query_columns + column;
    // What is stored as other numbers waits until hidden pairs are cleared.
    constexpr bool stored_at_once = std::is_same_v<number, real>;
    real* weights = products;
    real* gradients = derivatives;
    if constexpr (stored_at_once) {
      weights = stored_weights;
      gradients = stored_gradients;
    }
    const bool modified = rules.scales_before_softmax();
    if (modified) {
      rules.differentiate_column(shape, all_visible ? nullptr : in.ranges + query, query, live, key, products,
                                 tile.modification);
      std::fill(tile.modification + live, tile.modification + panel, real(0));
    }
    const typename p::type scale = p::broadcast(rules.softmax_scale());
    for (std::int64_t j = 0; j < panel; j += p::size) {
      const typename p::type shift = p::load(in.negative_lse + query + j);
      const typename p::type weight = p::exp2(p::multiply_add(p::load(products + j), scale, shift));
      typename p::type gradient =
          p::multiply(weight, p::subtract(p::load(derivatives + j), p::load(in.delta + query + j)));
      if (modified) gradient = p::multiply(gradient, p::load(tile.modification + j));
      p::store(weights + j, weight);
      p::store(gradients + j, gradient);
    }
    if (!all_visible) rules.clear_hidden(shape, in.ranges + query, query, live, key, weights, gradients);
    for (std::int64_t j = 0; j < panel && !stored_at_once; j += p::size) {
      factor<F>::store(stored_weights + j, p::load(weights + j));
      factor<F>::store(stored_gradients + j, p::load(gradients + j));
    }
  }

  /// Puts the score gradients of some rows and one panel where elements have keys along their depth.
  void pair_rows(std::int64_t row, std::int64_t rows, std::int64_t column) const {
    using p = packet<real>;
    std::fill_n(tile.derivatives + rows * panel, rows % 2 * panel, real(0));
    for (std::int64_t i = 0; i < rows; i += 2)
      for (std::int64_t j = 0; j < panel; j += p::size)
        factor<F>::store_pairs(tile.gradients_by_keys + (row + i) / 2 * query_columns + column + j,
                               p::load(tile.derivatives + i * panel + j),
                               p::load(tile.derivatives + (i + 1) * panel + j));
  }

  bool visible(std::int64_t query, std::int64_t key) const {
    bool seen = false;
    if (in.ranges[query].contains(key)) rules.find_visible_in_row(shape.query(query), key, 1, &seen);
    return seen;
  }

  /// result[key] += sum over queries of coefficients[key][query] * vectors[query], for the columns in `queries`.
  void accumulate(const number* coefficients, key_range keys, std::int64_t row, std::int64_t first_query,
                  key_range queries, const strips_type& vectors, row_factor<const T> vector_rows, real* result) const {
    const std::int64_t padded_dim = strips_type::padded(vectors.dim);
    const row_factor<real> sums{result + row * padded_dim, padded_dim};
    const number* rows = coefficients + row * query_columns;
    if (in.finite) {
      const F* elements = reinterpret_cast<const F*>(rows + queries.begin);
      vectors.multiply_add(keys.size(), queries.size(), {elements, elements_of<F>(query_columns), 1},
                           first_query + queries.begin, sums);
      return;
    }
    // As in the forward pass: what is not finite reaches only what it is visible to.
    for (std::int64_t i = 0; i < keys.size(); ++i)
      for (std::int64_t j = queries.begin; j < queries.end; ++j)
        if (visible(first_query + j, keys.begin + i))
          add_scaled(vector_rows.from_row(first_query + j).data, vectors.dim,
                     tiles::converted<real>(rows[i * query_columns + j]), sums.from_row(i).data);
  }

  /// dQ of one panel of queries += dS K over the keys of the tile that any of them sees.
  void accumulate_queries(std::int64_t first_key, std::int64_t keys, std::int64_t first_query, std::int64_t column,
                          std::int64_t live) const {
    const key_range seen = intersection(in.spans[(first_query + column) / panel].any, {first_key, first_key + keys});
    if (seen.size() == 0) return;
    const row_factor<real> sums = in.query_gradient.from_row(first_query + column);
    if (in.finite) {
      const std::int64_t first = (seen.begin - first_key) / factor<F>::depth;
      const std::int64_t begin = first_key + first * factor<F>::depth;
      in.key_strips.multiply_add(live, seen.end - begin,
                                 {tile.gradients_by_keys + first * query_columns + column, 1, query_columns}, begin,
                                 sums);
      return;
    }
    for (std::int64_t j = 0; j < live; ++j)
      for_each_visible_key(rules, shape.query(first_query + column + j),
                           intersection(in.ranges[first_query + column + j], seen), [&](std::int64_t key) {
                             const number gradient = tile.gradients[(key - first_key) * query_columns + column + j];
                             add_scaled(in.key_rows.from_row(key).data, in.key_strips.dim,
                                        tiles::converted<real>(gradient), sums.from_row(j).data);
                           });
  }
};

}  // namespace headwise::cpu
