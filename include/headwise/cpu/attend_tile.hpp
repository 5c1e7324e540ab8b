// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/attend_call.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/score_rules.hpp"
#include "headwise/cpu/scratch_blocks.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/cpu/visible_rows.hpp"

namespace headwise::cpu {

/// The kernel of the forward pass: a tile of queries of one head against all keys that it sees, a tile of keys at a
/// time. Scores, softmax and the product with values follow each other for a few rows while these are in the nearest
/// cache. Products multiply elements of type F.
template <typename T, typename F>
struct attend_tile {
  using real = sum_of<F>;
  using number = typename factor<F>::number;
  static constexpr std::int64_t rows_at_a_time = register_tile<real>::rows;
  static constexpr std::int64_t query_rows = 16 * rows_at_a_time;
  static constexpr std::int64_t key_columns =
      std::max<std::int64_t>(512 / register_tile<real>::columns, 1) * register_tile<real>::columns;
  using value_strips = packed_strips<F>;
  using key_panels = packed_panels<F>;

  /// One thread's scratch.
  struct scratch {
    key_range* ranges;              ///< [query_rows]
    online_softmax<real>* softmax;  ///< [query_rows]
    real* scores;                   ///< [rows_at_a_time][key_columns]
    number* weights;                ///< [rows_at_a_time][key_columns], in the place of scores if they are of one type
    real* accumulated;              ///< [query_rows][padded value_dim]

    /// Calls block(pointer, numbers) for every block of numbers.
    template <typename Self, typename Block>
    static constexpr void for_each_block(Self& self, const Block& block, std::int64_t value_dim) {
      block(self.ranges, query_rows);
      block(self.softmax, query_rows);
      block(self.scores, rows_at_a_time * key_columns);
      if constexpr (!std::is_same_v<number, real>) block(self.weights, rows_at_a_time * key_columns);
      block(self.accumulated, query_rows * value_strips::padded(value_dim));
    }
    static scratch take(host_workspace::frame& frame, std::int64_t value_dim) {
      auto taken = take_blocks<scratch>(frame, value_dim);
      if constexpr (std::is_same_v<number, real>) taken.weights = taken.scores;
      return taken;
    }
  };

  /// The head's tensors, packed.
  struct operands {
    left_factor<F> queries;  ///< of the whole head
    key_panels keys;
    value_strips values;
    row_factor<const T> value_rows;  ///< as they were given
    bool values_finite;
  };

  const score_rules<real>& rules;
  head_shape shape;
  operands in;
  scratch tile;

  /// Queries [first, first + count): leaves softmax states and accumulated values in the scratch.
  void run(std::int64_t first, std::int64_t count) const {
    find_visible_rows(rules, shape, first, count, tile.ranges);
    std::fill_n(tile.softmax, count, online_softmax<real>{});
    std::fill_n(tile.accumulated, count * padded_value_dim(), real(0));
    const key_range seen = span_of(rules, tile.ranges, count).any;
    if (seen.size() == 0) return;
    const std::int64_t start = seen.begin / key_panels::columns * key_panels::columns;
    for (std::int64_t key = start; key < seen.end; key += key_columns)
      for (std::int64_t row = 0; row < count; row += rows_at_a_time)
        attend_rows(first, row, std::min(rows_at_a_time, count - row), {key, std::min(key + key_columns, seen.end)});
  }

  /// Writes what `run` left of these queries.
  void write(std::int64_t first, std::int64_t count, const attend_outputs<T, real>& to) const {
    for (std::int64_t i = 0; i < count; ++i) {
      convert(accumulated_row(i), in.values.dim, tile.softmax[i].scale(),
              to.out.row(shape.batch, first + i, shape.head));
      if (to.lse.data != nullptr) to.lse.row(shape.batch, shape.head)[first + i] = tile.softmax[i].log_sum();
    }
  }

 private:
  /// Rows [row, row + rows) of the tile against one tile of keys.
  void attend_rows(std::int64_t first, std::int64_t row, std::int64_t rows, key_range keys) const {
    const visible_span span = span_of(rules, tile.ranges + row, rows);
    const key_range seen = intersection(span.any, keys);
    if (seen.size() == 0) return;
    const std::int64_t start = seen.begin / key_panels::columns * key_panels::columns;
    const std::int64_t columns = rounded_up(seen.end - start, key_panels::columns);
    for (std::int64_t j = 0; j < columns; j += key_panels::columns)
      panel_product(rows, in.keys.elements, in.queries.from_row(first + row), in.keys.panel(start + j),
                    row_factor<real>{tile.scores + j, key_columns}, result_write::overwrite);

    const bool all_visible = span.all_see({start, start + columns});
    for (std::int64_t i = 0; i < rows; ++i) {
      real* scores = tile.scores + i * key_columns;
      rules.finish(shape.query(first + row + i), tile.ranges[row + i], all_visible, start, columns, scores);
      const real factor = tile.softmax[row + i].template absorb<F>(scores, columns, rules.softmax_scale(),
                                                                   tile.weights + i * key_columns);
      if (factor != real(1)) rescale(accumulated_row(row + i), factor);
    }
    if (in.values_finite || all_visible)
      accumulate_values(row, rows, start, seen);
    else
      accumulate_visible_values(first, row, rows, start, seen);
  }

  void accumulate_values(std::int64_t row, std::int64_t rows, std::int64_t start, key_range seen) const {
    const std::int64_t first = (seen.begin - start) / factor<F>::depth;
    const left_factor<F> weights{reinterpret_cast<const F*>(tile.weights) + first, elements_of<F>(key_columns), 1};
    const std::int64_t begin = start + first * factor<F>::depth;
    in.values.multiply_add(rows, seen.end - begin, weights, begin,
                           row_factor<real>{accumulated_row(row), padded_value_dim()});
  }

  /// A value that is not finite must reach the rows that see it, and no other: weight zero would not keep it out.
  EIGEN_DONT_INLINE void accumulate_visible_values(std::int64_t first, std::int64_t row, std::int64_t rows,
                                                   std::int64_t start, key_range seen) const {
    for (std::int64_t i = 0; i < rows; ++i)
      for_each_visible_key(
          rules, shape.query(first + row + i), intersection(tile.ranges[row + i], seen), [&](std::int64_t key) {
            add_scaled(in.value_rows.from_row(key).data, in.values.dim,
                       tiles::converted<real>(tile.weights[i * key_columns + key - start]), accumulated_row(row + i));
          });
  }

  std::int64_t padded_value_dim() const { return value_strips::padded(in.values.dim); }
  real* accumulated_row(std::int64_t row) const { return tile.accumulated + row * padded_value_dim(); }

  EIGEN_DONT_INLINE void rescale(real* values, real factor) const {
    using p = packet<real>;
    const typename p::type factors = p::broadcast(factor);
    for (std::int64_t d = 0; d < padded_value_dim(); d += p::size)
      p::store(values + d, p::multiply(p::load(values + d), factors));
  }
};

}  // namespace headwise::cpu
