// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_backward_operands.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packing_chunks.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/scratch_blocks.hpp"
#include "headwise/cpu/stored_numbers.hpp"
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
  using operands_type = packed_backward_operands<Variant, T, fastest_factor<T, real>>;
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
  using operands_type = packed_backward_operands<Variant, T, F>;
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
  const auto keys_of = [&](std::int64_t segment) {
    return key_range{segment * key_tiles / segments * tile_type::key_rows,
                     (segment + 1) * key_tiles / segments * tile_type::key_rows};
  };
  const auto is_touched = [&](std::int64_t b, std::int64_t head, std::int64_t query, key_range keys) {
    return intersection(operands.spans_of(b * H + head, a.q.tokens)[query / tile_type::panel].any, keys).size() > 0;
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
    const key_range segment_keys = keys_of(segment);
    for (int head = 0; head < H; ++head)
      if (Variant::composite_head(head) == g)
        for (std::int64_t query = 0; query < queries; query += tile_type::panel)
          if (is_touched(b, head, query, segment_keys))
            std::fill_n(query_gradient_of(segment, b, head) + query * tile_type::padded_dim,
                        std::min(tile_type::panel, queries - query) * tile_type::padded_dim, real(0));
    for (std::int64_t t = segment_keys.begin / tile_type::key_rows; t < segment_keys.end / tile_type::key_rows; ++t) {
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

  const auto sum_segments = [&](std::int64_t b, std::int64_t head, std::int64_t first, std::int64_t count) {
    bool touched[std::size_t{tiles::most_segments}];
    for (std::int64_t segment = 0; segment < segments; ++segment)
      touched[segment] = is_touched(b, head, first, keys_of(segment));
    for (std::int64_t query = first; query < first + count; ++query) {
      real sum[std::size_t{tile_type::padded_dim}] = {};
      for (std::int64_t segment = 0; segment < segments; ++segment)
        if (touched[segment])
          add_scaled(query_gradient_of(segment, b, head) + query * tile_type::padded_dim, tile_type::padded_dim,
                     real(1), sum);
      convert(sum, Variant::head_dim, scale, a.q_gradient.row(b, query, head));
    }
  };
  packing_chunks<F>{batch, H, a.q.tokens, {}}.for_each(
      [&](std::int64_t b, std::int64_t head, std::int64_t first, std::int64_t end, std::int64_t /*chunk*/) {
        const std::int64_t live = headwise::detail::length_of(a.query_lengths, b, a.q.tokens);
        const std::int64_t queries = a.k.tokens == 0 ? 0 : live;
        for (std::int64_t query = first; query < std::min(end, queries); query += tile_type::panel)
          sum_segments(b, head, query, std::min(tile_type::panel, queries - query));
        tiles::write_zeros(a.q_gradient, b, head, std::max(first, queries), end);
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
