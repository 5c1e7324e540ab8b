// SPDX-License-Identifier: Apache-2.0
// Attention of few queries. What the threads of its kernels hold is said in decode_tile.cuh and merge_parts.cuh.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/cuda/attend_settings.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/decode_mode.cuh"
#include "headwise/cuda/decode_parameters.cuh"
#include "headwise/cuda/decode_settings.cuh"
#include "headwise/cuda/decode_tile.cuh"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/merge_parts.cuh"
#include "headwise/operations/attend_arguments.hpp"

namespace headwise::cuda {

/// Attention of a few queries on tensor cores: a block has rows of several heads and a part of the keys.
template <typename Body>
HEADWISE_KERNEL(Body::settings.threads(), Body::settings.blocks)
decode_by_tiles(HEADWISE_KERNEL_PARAMETER typename Body::parameters p,
                HEADWISE_KERNEL_PARAMETER decode_alignment aligned) {
  Body(p, aligned).run();
}

/// Whether `attend` is cheaper where the heads of one composite head share their keys: where that multiplies at most a
/// quarter of the rows that whole tiles of queries of every head do. As many queries as that, and fewer, are few.
template <any_attention_variant Variant>
constexpr bool are_few_queries(std::int64_t queries) {
  const auto whole_tiles = [](std::int64_t rows, std::int64_t tile) { return (rows + tile - 1) / tile * tile; };
  const int rows_of_tile = forward_settings(Variant::head_dim, Variant::value_dim).query_rows;
  const std::int64_t few = Variant::composite_heads * whole_tiles(most_heads_of_composite<Variant>() * queries, 16);
  return 4 * few <= Variant::query_heads * whole_tiles(queries, rows_of_tile);
}

namespace launches {

template <typename Body, typename Parameters>
void launch_decode(const Parameters& p, cuda_workspace& workspace) {
  workspace.launch("decode", decode_by_tiles<Body>,
                   {.blocks = Body::blocks(p), .threads = Body::settings.threads(), .shared_bytes = Body::shared_bytes},
                   p, alignment_of(p));
}

/// Cuts the keys of each sequence, `keys` at most, into parts, lets `launch(p)` work on them, and merges them. All of
/// `p` but its parts is given.
template <typename Variant, typename Scalar, int Heads, typename Launch>
void decode_in_parts(decode_parameters<Variant, Scalar, Heads> p, int keys_of_part, std::int64_t keys,
                     cuda_workspace::frame& frame, const Launch& launch) {
  p.keys_of_part = keys_of_part;
  p.parts = {.out = nullptr,
             .lse = nullptr,
             .count = std::max(std::int64_t{1}, (keys + keys_of_part - 1) / keys_of_part),
             .columns = merge_shape<Variant::value_dim>::columns};
  if (p.parts.count == 1) {
    launch(p);
    return;
  }
  const std::int64_t results = p.q.batch * p.q.tokens * Variant::query_heads * p.parts.count;
  p.parts.out = frame.take<float>(results * p.parts.columns);
  p.parts.lse = frame.take<float>(results);
  launch(p);
  launch_merge_parts<Variant, Scalar>({p.parts, p.out, p.lse}, frame.workspace());
}

/// Starts the decoding kernel, with as many rows in a block as there are or as fit.
template <bool Absorbs, typename Variant, typename Scalar, int Heads>
void start_decode(const decode_parameters<Variant, Scalar, Heads>& given, std::int64_t keys,
                  cuda_workspace::frame& frame) {
  constexpr int heads_of_group = decode_row_group<Variant, Absorbs>::most_heads;
  const int keys_of_part =
      decode_keys_of_block(Absorbs ? Heads : 1, heads_of_group, given.q.tokens, Variant::head_dim, Variant::value_dim);
  decode_in_parts(given, keys_of_part, keys, frame, [&](const auto& p) {
    const auto launch_with = [&](auto row_tiles) {
      using body =
          decode_tile<Variant, Scalar, Absorbs, decode_settings_for<Variant, Absorbs, decltype(row_tiles)::value>>;
      launch_decode<body>(p, frame.workspace());
    };
    const std::int64_t rows = heads_of_group * p.q.tokens;
    if (heads_of_group <= 16 && rows <= 16) {
      if constexpr (heads_of_group <= 16) launch_with(std::integral_constant<int, 1>{});
    } else if (Absorbs && heads_of_group <= 32 && rows <= 32) {
      // Without components, tensor cores have so little to do that empty rows cost nothing but another kernel.
      if constexpr (Absorbs && heads_of_group <= 32) launch_with(std::integral_constant<int, 2>{});
    } else {
      launch_with(std::integral_constant<int, 4>{});
    }
  });
}

/// What the decoding kernel is told of a call's `Heads` heads of keys and values; parts are cut later.
template <int Heads, typename Arguments>
auto decode_parameters_of(const Arguments& a, const typename Arguments::scalar* key_weight,
                          const typename Arguments::scalar* value_weight, cuda_workspace::frame& frame) {
  return decode_parameters<typename Arguments::variant, typename Arguments::scalar, Heads>{
      .q = a.q,
      .k = a.k,
      .v = a.v,
      .key_weight = key_weight,
      .value_weight = value_weight,
      .query_lengths = lengths_for_kernel(a.query_lengths, frame),
      .key_lengths = lengths_for_kernel(a.key_lengths, frame),
      .mask = a.mask,
      .score = a.score,
      .out = a.out,
      .lse = a.lse,
      .parts = {},
      .keys_of_part = 0};
}

}  // namespace launches

/// The same as `attend`, for few queries: all query heads of a composite head read its keys and values together, and
/// keys are cut into parts that different blocks take.
template <typename Variant, typename Scalar>
void attend_few_queries(const attend_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  workspace.require_room([&](cuda_workspace& counting) { attend_few_queries(a, counting); });
  cuda_workspace::frame frame(workspace);
  launches::start_decode<false>(launches::decode_parameters_of<Variant::composite_heads>(a, nullptr, nullptr, frame),
                                headwise::detail::longest_of(a.key_lengths, a.k.tokens), frame);
}

}  // namespace headwise::cuda
