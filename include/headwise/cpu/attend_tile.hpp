// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/score_rows.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/visible_rows.hpp"

namespace headwise::cpu {

/// The kernel of the forward pass: a tile of queries of one head against all keys that it sees, a tile of keys at a
/// time. Scores, softmax and the product with values follow each other for a few rows while these are in the nearest
/// cache.
template <typename Variant, typename Real>
struct attend_tile {
  static constexpr int query_rows = 16 * register_tile<Real>::rows;
  static constexpr std::int64_t key_columns =
      std::max<std::int64_t>(256 / register_tile<Real>::columns, 1) * register_tile<Real>::columns;
  static constexpr std::int64_t padded_value_dim = packed_strips<Real, Variant::value_dim>::padded_dim;
  using key_panels = packed_panels<Real, Variant::head_dim>;
  using rule_type =
      decltype(headwise::detail::score_rule_of_head(std::declval<const typename Variant::score_modification&>(), 0, 1));

  /// One thread's scratch.
  struct scratch {
    key_range* ranges;              ///< [query_rows]
    online_softmax<Real>* softmax;  ///< [query_rows]
    Real* scores;                   ///< [rows of a register tile][key_columns]
    Real* accumulated;              ///< [query_rows][padded_value_dim]

    static scratch take(host_workspace::frame& frame) {
      return {frame.take<key_range>(query_rows), frame.take<online_softmax<Real>>(query_rows),
              frame.take<Real>(register_tile<Real>::rows * key_columns),
              frame.take<Real>(query_rows * padded_value_dim)};
    }
    static constexpr std::size_t bytes() {
      return host_workspace::bytes_for<key_range>(query_rows) +
             host_workspace::bytes_for<online_softmax<Real>>(query_rows) +
             host_workspace::bytes_for<Real>(register_tile<Real>::rows * key_columns) +
             host_workspace::bytes_for<Real>(query_rows * padded_value_dim);
    }
  };

  /// The head's tensors, packed.
  struct operands {
    left_factor<Real> queries;  ///< of the whole head
    const Real* keys;           ///< packed_panels, with the scale folded in
    packed_strips<Real, Variant::value_dim> values;
    bool values_finite;
  };

  const typename Variant::mask& mask;
  rule_type rule;
  head_shape shape;
  operands in;
  scratch tile;

  /// Queries [first, first + count): leaves softmax states and accumulated values in the scratch.
  void run(std::int64_t first, std::int64_t count) const {
    find_visible_rows(mask, shape, first, count, tile.ranges);
    std::fill_n(tile.softmax, count, online_softmax<Real>{});
    std::fill_n(tile.accumulated, count * padded_value_dim, Real(0));
    const key_range seen = span_of<typename Variant::mask>(tile.ranges, count).any;
    if (seen.size() == 0) return;
    const std::int64_t start = seen.begin / key_panels::columns * key_panels::columns;
    for (std::int64_t key = start; key < seen.end; key += key_columns)
      for (std::int64_t row = 0; row < count; row += register_tile<Real>::rows)
        attend_rows(first, row, std::min<std::int64_t>(register_tile<Real>::rows, count - row),
                    {key, std::min(key + key_columns, seen.end)});
  }

 private:
  /// Rows [row, row + rows) of the tile against one tile of keys.
  void attend_rows(std::int64_t first, std::int64_t row, std::int64_t rows, key_range keys) const {
    const visible_span span = span_of<typename Variant::mask>(tile.ranges + row, rows);
    const key_range seen = intersection(span.any, keys);
    if (seen.size() == 0) return;
    const std::int64_t start = seen.begin / key_panels::columns * key_panels::columns;
    const std::int64_t columns = rounded_up(seen.end - start, key_panels::columns);
    for (std::int64_t j = 0; j < columns; j += key_panels::columns)
      product<product_write::overwrite>(rows, key_panels::columns, Variant::head_dim, in.queries.from_row(first + row),
                                        key_panels::panel(in.keys, start + j),
                                        row_factor<Real>{tile.scores + j, key_columns});

    const bool all_visible = span.all.begin <= start && start + columns <= span.all.end;
    for (std::int64_t i = 0; i < rows; ++i) {
      Real* scores = tile.scores + i * key_columns;
      finish_scores<Variant>(mask, rule, shape.query(first + row + i), tile.ranges[row + i], all_visible, start,
                             columns, scores);
      const Real factor = tile.softmax[row + i].absorb(scores, columns);
      if (factor != Real(1)) rescale(accumulated_row(row + i), factor);
    }
    accumulate_values(first, row, rows, start, seen, all_visible);
  }

  void accumulate_values(std::int64_t first, std::int64_t row, std::int64_t rows, std::int64_t start, key_range seen,
                         bool all_visible) const {
    const row_factor<Real> sums{accumulated_row(row), padded_value_dim};
    if (in.values_finite || all_visible) {
      in.values.multiply_add(rows, seen.size(), weights_from(0, seen.begin - start), seen.begin, sums);
      return;
    }
    // A value that is not finite must reach the rows that see it, and no other: weight zero would not keep it out.
    for (std::int64_t i = 0; i < rows; ++i)
      for_each_visible_run(mask, shape.query(first + row + i), intersection(tile.ranges[row + i], seen),
                           [&](std::int64_t begin, std::int64_t end) {
                             in.values.multiply_add(1, end - begin, weights_from(i, begin - start), begin,
                                                    sums.from_row(i));
                           });
  }

  left_factor<Real> weights_from(std::int64_t row, std::int64_t column) const {
    return {tile.scores + row * key_columns + column, key_columns, 1};
  }

  Real* accumulated_row(std::int64_t row) const { return tile.accumulated + row * padded_value_dim; }

  static void rescale(Real* values, Real factor) {
    using p = packet<Real>;
    const typename p::type factors = p::broadcast(factor);
    for (std::int64_t d = 0; d < padded_value_dim; d += p::size)
      p::store(values + d, p::multiply(p::load(values + d), factors));
  }
};

}  // namespace headwise::cpu
