// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_backward_operands.hpp"
#include "headwise/cpu/attend_call.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/head_layout.hpp"
#include "headwise/cpu/packing_chunks.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/scratch_blocks.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/variant_rules.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cpu {
namespace tiles {

inline constexpr std::int64_t most_segments = 8;
/// Into how many parts the keys of one composite head are cut, each a task with a query gradient of its own. It depends
/// on the shape alone, so results do not depend on threads; few heads are cut so that many threads find work.
constexpr std::int64_t key_segments(std::int64_t heads, std::int64_t key_tiles) {
  constexpr std::int64_t wanted_tasks = 16;
  return std::clamp<std::int64_t>(heads == 0 ? 1 : wanted_tasks / heads, 1,
                                  std::clamp<std::int64_t>(key_tiles, 1, most_segments));
}

/// Writes the vectors of some tokens of one head, [count][padded dim], times a factor.
template <typename Real, typename T>
EIGEN_DONT_INLINE void write_rows(const Real* rows, std::int64_t dim, std::int64_t padded_dim, Real factor,
                                  std::int64_t count, row_factor<T> to) {
  for (std::int64_t n = 0; n < count; ++n) convert(rows + n * padded_dim, dim, factor, to.from_row(n).data);
}

template <typename T>
EIGEN_DONT_INLINE void write_zeros(row_factor<T> to, std::int64_t dim, std::int64_t first, std::int64_t end) {
  for (std::int64_t n = first; n < end; ++n) std::fill_n(to.from_row(n).data, dim, T(0));
}

}  // namespace tiles

/// The scratch that `attend_backward` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t attend_backward_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                                                      int threads) {
  using real = typename Variant::template accumulator<T>;
  using operands_type = packed_backward_operands<T, fastest_factor<T, real>>;
  using tile = typename operands_type::tile;
  constexpr head_layout heads = head_layout_of<Variant>;
  const std::int64_t segments =
      tiles::key_segments(batch * heads.composite_heads, (keys + tile::key_rows - 1) / tile::key_rows);
  return bytes_of_blocks<operands_type>(heads, batch, queries, keys) +
         host_workspace::bytes_for<real>(segments * batch * heads.query_heads * queries *
                                         tile::strips_type::padded(heads.head_dim)) +
         host_workspace::bytes_for<typename tile::scratch>(threads) +
         static_cast<std::size_t>(threads) * bytes_of_blocks<typename tile::scratch>(heads);
}

/// The backward of `attend` by tiles, whose products multiply elements of type F.
template <typename F, typename T>
void attend_backward_by_tiles(const attend_inputs<T, sum_of<F>>& a, const attend_gradients<T, sum_of<F>>& of,
                              host_workspace& workspace) {
  using operands_type = packed_backward_operands<T, F>;
  using tile_type = typename operands_type::tile;
  using real = sum_of<F>;
  const std::int64_t G = a.heads.composite_heads;
  const std::int64_t H = a.heads.query_heads;
  const std::int64_t D = a.heads.head_dim;
  const std::int64_t D_v = a.heads.value_dim;
  const std::int64_t padded_dim = tile_type::strips_type::padded(D);
  const std::int64_t padded_value_dim = tile_type::strips_type::padded(D_v);
  const std::int64_t batch = a.q.batch;

  host_workspace::frame frame(workspace);
  const auto operands = take_blocks<operands_type>(frame, a.heads, batch, a.q.tokens, a.k.tokens);
  operands.pack(a, of);
  const std::int64_t key_tiles = (a.k.tokens + tile_type::key_rows - 1) / tile_type::key_rows;
  const std::int64_t segments = tiles::key_segments(batch * G, key_tiles);
  const std::int64_t head_size = a.q.tokens * padded_dim;
  real* query_gradients = frame.take<real>(segments * batch * H * head_size);
  const auto query_gradient_of = [&](std::int64_t segment, std::int64_t b, std::int64_t head) {
    return query_gradients + ((segment * batch + b) * H + head) * head_size;
  };
  const auto keys_of = [&](std::int64_t segment) {
    return key_range{segment * key_tiles / segments * tile_type::key_rows,
                     (segment + 1) * key_tiles / segments * tile_type::key_rows};
  };
  const auto is_touched = [&](std::int64_t b, std::int64_t head, std::int64_t query, key_range keys) {
    return intersection(operands.spans_of(b * H + head, a.q.tokens)[query / tile_type::panel].any, keys).size() > 0;
  };
  auto* scratch = frame.take<typename tile_type::scratch>(thread_count());
  for (int t = 0; t < thread_count(); ++t) scratch[t] = tile_type::scratch::take(frame, a.heads);

  parallel_for(segments * batch * G, [&](std::int64_t task, int thread) {
    // Head by head, as in the forward pass: the segments of one read the same queries.
    const std::int64_t segment = task % segments;
    const std::int64_t g = task / segments % G;
    const std::int64_t b = task / segments / G;
    const std::int64_t queries = a.live_queries(b);
    const std::int64_t keys = a.live_keys(b);
    const typename tile_type::scratch& tile = scratch[thread];
    const key_range segment_keys = keys_of(segment);
    const row_factor<T> k_gradient = rows_of_head(of.k_gradient, b, g);
    const row_factor<T> v_gradient = rows_of_head(of.v_gradient, b, g);
    for (const int head : a.heads.readers_of(g))
      for (std::int64_t query = 0; query < queries; query += tile_type::panel)
        if (is_touched(b, head, query, segment_keys))
          std::fill_n(query_gradient_of(segment, b, head) + query * padded_dim,
                      std::min(tile_type::panel, queries - query) * padded_dim, real(0));
    for (std::int64_t t = segment_keys.begin / tile_type::key_rows; t < segment_keys.end / tile_type::key_rows; ++t) {
      const std::int64_t first = t * tile_type::key_rows;
      const std::int64_t end = std::min(first + tile_type::key_rows, a.k.tokens);
      const std::int64_t count = std::clamp(keys - first, std::int64_t{0}, end - first);
      if (count > 0) {
        std::fill_n(tile.key_gradient, count * padded_dim, real(0));
        std::fill_n(tile.value_gradient, count * padded_value_dim, real(0));
        for (const int head : a.heads.readers_of(g)) {
          if (queries == 0) break;
          const tile_type kernel{a.rules, a.shape_of(b, head),
                                 operands.of(a, of, b, head, query_gradient_of(segment, b, head)), tile};
          for (std::int64_t query = 0; query < queries; query += tile_type::query_columns)
            kernel.run(first, count, query, std::min(tile_type::query_columns, queries - query));
        }
        tiles::write_rows(tile.key_gradient, D, padded_dim, a.rules.scale(), count, k_gradient.from_row(first));
        tiles::write_rows(tile.value_gradient, D_v, padded_value_dim, real(1), count, v_gradient.from_row(first));
      }
      tiles::write_zeros(k_gradient, D, first + count, end);
      tiles::write_zeros(v_gradient, D_v, first + count, end);
    }
  });

  // Into the first segment.
  const auto sum_segments = [&](std::int64_t b, std::int64_t head, std::int64_t first, std::int64_t count) {
    const auto rows_of_segment = [&](std::int64_t segment) {
      return query_gradient_of(segment, b, head) + first * padded_dim;
    };
    const std::int64_t numbers = count * padded_dim;
    if (!is_touched(b, head, first, keys_of(0))) std::fill_n(rows_of_segment(0), numbers, real(0));
    for (std::int64_t segment = 1; segment < segments; ++segment)
      if (is_touched(b, head, first, keys_of(segment)))
        add_scaled(rows_of_segment(segment), numbers, real(1), rows_of_segment(0));
    tiles::write_rows(rows_of_segment(0), D, padded_dim, a.rules.scale(), count,
                      rows_of_head(of.q_gradient, b, head).from_row(first));
  };
  packing_chunks<F>{batch, H, a.q.tokens, {}}.for_each(
      [&](std::int64_t b, std::int64_t head, std::int64_t first, std::int64_t end, std::int64_t /*chunk*/) {
        const std::int64_t queries = a.k.tokens == 0 ? 0 : a.live_queries(b);
        for (std::int64_t query = first; query < std::min(end, queries); query += tile_type::panel)
          sum_segments(b, head, query, std::min(tile_type::panel, queries - query));
        tiles::write_zeros(rows_of_head(of.q_gradient, b, head), D, std::max(first, queries), end);
      });
}

/// The backward of `attend`, as `attend_backward_arguments` describes it, with scores computed again tile by tile:
/// memory grows with tokens and not with their square. Parallel over batch, composite heads and parts of the keys;
/// everything is added in one fixed order.
template <typename Variant, typename T>
void attend_backward(const attend_backward_arguments<Variant, T>& a, host_workspace& workspace) {
  headwise::detail::check_attend_backward(a);
  using real = typename Variant::template accumulator<T>;
  const variant_rules<Variant, real> rules(a.mask, a.score);
  attend_backward_by_tiles<fastest_factor<T, real>>(inputs_of(a, rules), gradients_of(a), workspace);
}

}  // namespace headwise::cpu
