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
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/packing_chunks.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/scratch_blocks.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cpu {

namespace tiles {

/// Writes a finished tile of queries: outputs, and log-sum-exp where it is wanted.
template <typename Tile, typename Variant, typename T>
void write_tile(const attend_arguments<Variant, T>& a, const typename Tile::scratch& tile, std::int64_t b, int head,
                std::int64_t first, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    convert(tile.accumulated + i * Tile::padded_value_dim, Variant::value_dim, tile.softmax[i].scale(),
            a.out.row(b, first + i, head));
    if (a.lse.data != nullptr) a.lse.row(b, head)[first + i] = tile.softmax[i].log_sum();
  }
}

/// Queries past a sequence's length give 0 and -inf.
template <typename Variant, typename T>
void write_absent(const attend_arguments<Variant, T>& a, std::int64_t b, int head, std::int64_t first,
                  std::int64_t end) {
  for (std::int64_t i = first; i < end; ++i) {
    std::fill_n(a.out.row(b, i, head), Variant::value_dim, T(0));
    if (a.lse.data != nullptr)
      a.lse.row(b, head)[i] = -std::numeric_limits<typename Variant::template accumulator<T>>::infinity();
  }
}

/// The packed operands of all heads, in scratch.
template <typename Variant, typename T, typename F>
struct packed_operands {
  using tile_type = attend_tile<Variant, T, F>;
  using keys_type = typename tile_type::key_panels;
  using values_type = typename tile_type::value_strips;
  using queries_type = left_rows<F, T, Variant::head_dim>;
  using chunks_type = packing_chunks<F>;
  static constexpr std::int64_t G = Variant::composite_heads;
  static constexpr std::int64_t H = Variant::query_heads;

  F* keys;
  F* values;
  F* queries;
  bool* values_finite;  ///< for every chunk

  /// Calls block(pointer, numbers) for every block of numbers.
  template <typename Self, typename Block>
  static constexpr void for_each_block(Self& self, const Block& block, std::int64_t batch, std::int64_t queries,
                                       std::int64_t keys) {
    block(self.keys, batch * G * keys_type::size(keys));
    block(self.values, batch * G * values_type::size(keys));
    block(self.queries, batch * H * queries_type::size(queries));
    block(self.values_finite, chunks_type{batch, G, keys, {}}.count());
  }

  void pack(const attend_arguments<Variant, T>& a) const {
    chunks_of_keys(a).for_each(
        [&](std::int64_t b, std::int64_t g, std::int64_t first, std::int64_t end, std::int64_t chunk) {
          const std::int64_t head = b * G + g;
          const std::int64_t live = headwise::detail::length_of(a.key_lengths, b, a.k.tokens);
          keys_type::pack(a.k.row(b, 0, g), a.k.token_stride, first, end, keys + head * keys_type::size(a.k.tokens));
          values_type::pack(a.v.row(b, 0, g), a.v.token_stride, live, first, end,
                            values + head * values_type::size(a.k.tokens));
          values_finite[chunk] = all_finite(a.v.row(b, first, g), a.v.token_stride, end - first, Variant::value_dim);
        });
    if constexpr (!queries_type::in_place)
      chunks_type{a.q.batch, H, a.q.tokens, a.query_lengths}.for_each(
          [&](std::int64_t b, std::int64_t h, std::int64_t first, std::int64_t end, std::int64_t /*chunk*/) {
            queries_type::pack(a.q.row(b, 0, h), a.q.token_stride, first, end,
                               queries + (b * H + h) * queries_type::size(a.q.tokens));
          });
  }

  typename tile_type::operands of(const attend_arguments<Variant, T>& a, std::int64_t b, int head) const {
    const std::int64_t g = Variant::composite_head(head);
    const std::int64_t source = b * G + g;
    return {
        queries_type::view(a.q.row(b, 0, head), a.q.token_stride,
                           queries + (b * H + head) * queries_type::size(a.q.tokens)),
        keys + source * keys_type::size(a.k.tokens),
        {values + source * values_type::size(a.k.tokens), headwise::detail::length_of(a.key_lengths, b, a.k.tokens)},
        {a.v.row(b, 0, g), a.v.token_stride},
        chunks_of_keys(a).all(values_finite, b, g)};
  }

 private:
  static chunks_type chunks_of_keys(const attend_arguments<Variant, T>& a) {
    return {a.k.batch, G, a.k.tokens, a.key_lengths};
  }
};

}  // namespace tiles

/// The scratch that `attend` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t attend_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys, int threads) {
  using real = typename Variant::template accumulator<T>;
  if (has_few_queries<Variant>(queries)) return few_queries_workspace_bytes<Variant, T>(batch, queries, keys, threads);
  using operands_type = tiles::packed_operands<Variant, T, fastest_factor<T, real>>;
  using tile_scratch = typename operands_type::tile_type::scratch;
  return bytes_of_blocks<operands_type>(batch, queries, keys) + host_workspace::bytes_for<tile_scratch>(threads) +
         static_cast<std::size_t>(threads) * bytes_of_blocks<tile_scratch>();
}

/// Attention of every query head over its composite head by tiles, whose products multiply elements of type F.
template <typename F, typename Variant, typename T>
void attend_by_tiles(const attend_arguments<Variant, T>& a, host_workspace& workspace) {
  using operands_type = tiles::packed_operands<Variant, T, F>;
  using tile_type = typename operands_type::tile_type;
  constexpr int H = Variant::query_heads;
  const std::int64_t batch = a.q.batch;

  host_workspace::frame frame(workspace);
  const auto operands = take_blocks<operands_type>(frame, batch, a.q.tokens, a.k.tokens);
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
      tiles::write_tile<tile_type>(a, tile.tile, b, head, first, count);
    }
    tiles::write_absent(a, b, head, first + count, end);
  });
}

/// Attention of every query head over its composite head, as `attend_arguments` describes it: tiles with an online
/// softmax, so that memory grows with tokens and not with their square. Parallel over batch, heads and tiles of
/// queries.
template <typename Variant, typename T>
void attend(const attend_arguments<Variant, T>& a, host_workspace& workspace) {
  headwise::detail::check_attend(a);
  using real = typename Variant::template accumulator<T>;
  if (has_few_queries<Variant>(a.q.tokens)) return attend_few_queries(a, workspace);
  attend_by_tiles<fastest_factor<T, real>>(a, workspace);
}

}  // namespace headwise::cpu
