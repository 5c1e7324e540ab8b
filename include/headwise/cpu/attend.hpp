// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/attend_call.hpp"
#include "headwise/cpu/attend_few_queries.hpp"
#include "headwise/cpu/attend_tile.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packing.hpp"
#include "headwise/cpu/packing_chunks.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/scratch_blocks.hpp"
#include "headwise/cpu/variant_rules.hpp"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cpu {

namespace tiles {

/// Queries past a sequence's length give 0 and -inf.
template <typename T, typename Real>
void write_absent(const attend_outputs<T, Real>& to, std::int64_t value_dim, std::int64_t b, std::int64_t head,
                  std::int64_t first, std::int64_t end) {
  for (std::int64_t i = first; i < end; ++i) {
    std::fill_n(to.out.row(b, i, head), value_dim, T(0));
    if (to.lse.data != nullptr) to.lse.row(b, head)[i] = -std::numeric_limits<Real>::infinity();
  }
}

/// The packed operands of all heads, in scratch.
template <typename T, typename F>
struct packed_operands {
  using tile_type = attend_tile<T, F>;
  using keys_type = typename tile_type::key_panels;
  using values_type = typename tile_type::value_strips;
  using queries_type = left_rows<F, T>;
  using chunks_type = packing_chunks<F>;
  using inputs = attend_inputs<T, sum_of<F>>;

  F* keys;
  F* values;
  F* queries;
  bool* values_finite;  ///< for every chunk

  /// Calls block(pointer, numbers) for every block of numbers.
  template <typename Self, typename Block>
  static constexpr void for_each_block(Self& self, const Block& block, const head_layout& heads, std::int64_t batch,
                                       std::int64_t queries, std::int64_t keys) {
    const std::int64_t G = heads.composite_heads;
    block(self.keys, batch * G * keys_type::size(keys, heads.head_dim));
    block(self.values, batch * G * values_type::size(keys, heads.value_dim));
    block(self.queries, batch * heads.query_heads * queries_type::size(queries, heads.head_dim));
    block(self.values_finite, chunks_type{batch, G, keys, {}}.count());
  }

  void pack(const inputs& a) const {
    chunks_of_keys(a).for_each(
        [&](std::int64_t b, std::int64_t g, std::int64_t first, std::int64_t end, std::int64_t chunk) {
          const std::int64_t head = b * a.heads.composite_heads + g;
          keys_type::pack(a.key_rows(b, g), a.heads.head_dim, first, end, keys_at(a, head));
          values_type::pack(a.value_rows(b, g), a.heads.value_dim, a.live_keys(b), first, end, values_at(a, head));
          values_finite[chunk] = all_finite(a.value_rows(b, g).from_row(first), end - first, a.heads.value_dim);
        });
    if constexpr (!queries_type::in_place)
      chunks_type{a.q.batch, a.heads.query_heads, a.q.tokens, a.query_lengths}.for_each(
          [&](std::int64_t b, std::int64_t h, std::int64_t first, std::int64_t end, std::int64_t /*chunk*/) {
            queries_type::pack(a.query_rows(b, h), a.heads.head_dim, first, end,
                               queries_at(a, b * a.heads.query_heads + h));
          });
  }

  typename tile_type::operands of(const inputs& a, std::int64_t b, std::int64_t h) const {
    const std::int64_t g = a.heads.composite_head[h];
    const std::int64_t source = b * a.heads.composite_heads + g;
    return {queries_type::view(a.query_rows(b, h), a.heads.head_dim, queries_at(a, b * a.heads.query_heads + h)),
            {keys_at(a, source), elements_of<F>(a.heads.head_dim)},
            {values_at(a, source), a.live_keys(b), a.heads.value_dim},
            a.value_rows(b, g),
            chunks_of_keys(a).all(values_finite, b, g)};
  }

 private:
  F* keys_at(const inputs& a, std::int64_t head) const {
    return keys + head * keys_type::size(a.k.tokens, a.heads.head_dim);
  }
  F* values_at(const inputs& a, std::int64_t head) const {
    return values + head * values_type::size(a.k.tokens, a.heads.value_dim);
  }
  F* queries_at(const inputs& a, std::int64_t head) const {
    return queries + head * queries_type::size(a.q.tokens, a.heads.head_dim);
  }
  static chunks_type chunks_of_keys(const inputs& a) {
    return {a.k.batch, a.heads.composite_heads, a.k.tokens, a.key_lengths};
  }
};

}  // namespace tiles

/// The scratch that `attend` takes with this many threads, in bytes.
template <typename Variant, typename T>
constexpr std::size_t attend_workspace_bytes(std::int64_t batch, std::int64_t queries, std::int64_t keys, int threads) {
  using real = typename Variant::template accumulator<T>;
  constexpr head_layout heads = head_layout_of<Variant>;
  if (has_few_queries(heads, queries)) return few_queries_workspace_bytes<Variant, T>(batch, queries, keys, threads);
  using operands_type = tiles::packed_operands<T, fastest_factor<T, real>>;
  using tile_scratch = typename operands_type::tile_type::scratch;
  return bytes_of_blocks<operands_type>(heads, batch, queries, keys) +
         host_workspace::bytes_for<tile_scratch>(threads) +
         static_cast<std::size_t>(threads) * bytes_of_blocks<tile_scratch>(heads.value_dim);
}

/// Attention of every query head over its composite head by tiles, whose products multiply elements of type F.
template <typename F, typename T>
void attend_by_tiles(const attend_inputs<T, sum_of<F>>& a, const attend_outputs<T, sum_of<F>>& to,
                     host_workspace& workspace) {
  using operands_type = tiles::packed_operands<T, F>;
  using tile_type = typename operands_type::tile_type;
  const std::int64_t H = a.heads.query_heads;
  const std::int64_t batch = a.q.batch;

  host_workspace::frame frame(workspace);
  const auto operands = take_blocks<operands_type>(frame, a.heads, batch, a.q.tokens, a.k.tokens);
  operands.pack(a);
  auto* scratch = frame.take<typename tile_type::scratch>(thread_count());
  for (int t = 0; t < thread_count(); ++t) scratch[t] = tile_type::scratch::take(frame, a.heads.value_dim);

  const std::int64_t tiles = (a.q.tokens + tile_type::query_rows - 1) / tile_type::query_rows;
  parallel_for(tiles * batch * H, [&](std::int64_t task, int thread) {
    // Head by head, whose keys and values stay in the cache that cores share. The last tiles of a causal mask are the
    // longest, so they come first.
    const std::int64_t first = (tiles - 1 - task % tiles) * tile_type::query_rows;
    const std::int64_t end = std::min(first + tile_type::query_rows, a.q.tokens);
    const std::int64_t head = task / tiles % H;
    const std::int64_t b = task / tiles / H;
    const head_shape shape = a.shape_of(b, head);
    const std::int64_t count = shape.keys == 0 ? 0 : std::clamp(shape.queries - first, std::int64_t{0}, end - first);
    if (count > 0) {
      const tile_type tile{a.rules, shape, operands.of(a, b, head), scratch[thread]};
      tile.run(first, count);
      tile.write(first, count, to);
    }
    tiles::write_absent(to, a.heads.value_dim, b, head, first + count, end);
  });
}

/// Attention of every query head over its composite head, as `attend_arguments` describes it: tiles with an online
/// softmax, so that memory grows with tokens and not with their square. Parallel over batch, heads and tiles of
/// queries.
template <typename Variant, typename T>
void attend(const attend_arguments<Variant, T>& a, host_workspace& workspace) {
  headwise::detail::check_attend(a);
  using real = typename Variant::template accumulator<T>;
  const variant_rules<Variant, real> rules(a.mask, a.score);
  const attend_inputs<T, real> inputs = inputs_of(a, rules);
  if (has_few_queries(inputs.heads, a.q.tokens))
    return attend_few_queries<few_queries_factor<Variant, T>>(inputs, outputs_of(a), workspace);
  attend_by_tiles<fastest_factor<T, real>>(inputs, outputs_of(a), workspace);
}

}  // namespace headwise::cpu
