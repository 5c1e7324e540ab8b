// SPDX-License-Identifier: Apache-2.0
// Attention, forward. What the threads of its kernels hold is said in attend_tile.cuh, for tensor cores, and in
// attend_row.cuh, for everything else; few queries go the way of decode_tile.cuh.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/cuda/attend_few_queries.cuh"
#include "headwise/cuda/attend_parameters.cuh"
#include "headwise/cuda/attend_row.cuh"
#include "headwise/cuda/attend_settings.cuh"
#include "headwise/cuda/attend_tile.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/runtime.cuh"
#include "headwise/cuda/token_blocks.cuh"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cuda {

/// Attention on tensor cores: a block has the rows of one tile of queries.
template <typename Body>
HEADWISE_KERNEL(Body::settings.threads(), Body::settings.blocks)
attend_by_tiles(HEADWISE_KERNEL_PARAMETER typename Body::parameters p,
                HEADWISE_KERNEL_PARAMETER aligned_tensors aligned) {
  Body(p, aligned).run();
}

/// Attention in any number type: every warp has a row.
template <typename Norm, int Warps, typename Variant, typename Scalar>
HEADWISE_KERNEL(Warps* warp_size, 1)
attend_by_rows(HEADWISE_KERNEL_PARAMETER attend_parameters<Variant, Scalar> p) {
  const auto block = query_block_of<Variant::query_heads, Warps>(block_index(), p.q.batch, p.q.tokens);
  const int i = block.first + warp_index();
  if (i >= p.q.tokens) return;
  const query_side side = p.side(block.batch, block.head);
  write_row<Norm>(p, block.batch, block.head, i, attend_row<Variant, Scalar>(p, side, i));
}

namespace launches {

template <typename Norm, typename Variant, typename Scalar>
void start_attend(const attend_parameters<Variant, Scalar>& p, cuda_workspace& workspace) {
  if constexpr (attends_by_tiles<Variant, Scalar>) {
    constexpr attend_settings settings = forward_settings(Variant::head_dim, Variant::value_dim);
    using body = attend_tile<Variant, Scalar, Norm, settings>;
    const bool aligned_out = has_aligned_chunks(p.out) && has_aligned_chunks(p.normalized);
    workspace.launch("attend", attend_by_tiles<body>,
                     {.blocks = blocks_of_heads<Variant::query_heads>(p.q.batch, p.q.tokens, settings.query_rows),
                      .threads = settings.threads(),
                      .shared_bytes = body::shared_bytes},
                     p,
                     aligned_tensors{.q = has_aligned_chunks(p.q),
                                     .k = has_aligned_chunks(p.k),
                                     .v = has_aligned_chunks(p.v),
                                     .out = aligned_out});
  } else {
    constexpr int warps = 4;
    workspace.launch(
        "attend", attend_by_rows<Norm, warps, Variant, Scalar>,
        {.blocks = blocks_of_heads<Variant::query_heads>(p.q.batch, p.q.tokens, warps), .threads = warps * warp_size},
        p);
  }
}

}  // namespace launches

/// Attention of every query head over its composite head, as `attend_arguments` describes it. Numbers of 16 bits are
/// multiplied on tensor cores and summed in float, the weights of keys being rounded to 16 bits between the two
/// products; other numbers are taken row by row. Few queries, as in decoding, take a kernel of their own.
template <typename Variant, typename Scalar>
void attend(const attend_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  headwise::detail::check_attend(a);
  launches::check_tokens(a);
  if constexpr (attends_by_tiles<Variant, Scalar>)
    if (are_few_queries<Variant>(a.q.tokens)) return attend_few_queries(a, workspace);
  cuda_workspace::frame frame(workspace);
  launches::start_attend<no_norm>(
      attend_parameters<Variant, Scalar>{launches::inputs_of(a, frame), a.out, {}, nullptr, a.lse}, workspace);
}

/// Attention and the norm after it (MEA, eq. 12), which reads outputs in registers before they are rounded:
/// `normalized` [batch][queries][H][D_v] is what `normalize_heads` makes of `out` with the gains of `gain`. Both are
/// written; where `out` is null, `normalized` alone. For norms that take heads one by one.
template <typename Variant, typename Scalar>
requires(Variant::output_norm::normalizes) void attend_normalized(
    const attend_arguments<Variant, Scalar>& a, std::span<const Scalar> gain,
    head_view<Scalar, Variant::query_heads, Variant::value_dim> normalized, cuda_workspace& workspace) {
  using norm = typename Variant::output_norm;
  static_assert(
      norm::settings.heads_per_group(Variant::query_heads) == 1,
      "headwise: attend_normalized takes a norm of single heads, normalise groups of heads by normalize_heads");
  headwise::detail::check_attend_normalized(a, gain, normalized);
  launches::check_tokens(a);
  cuda_workspace::frame frame(workspace);
  launches::start_attend<norm>(
      attend_parameters<Variant, Scalar>{launches::inputs_of(a, frame), a.out, normalized, gain.data(), a.lse},
      workspace);
}

}  // namespace headwise::cuda
