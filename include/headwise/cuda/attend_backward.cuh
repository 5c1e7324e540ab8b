// SPDX-License-Identifier: Apache-2.0
// Attention, backward. What the threads of its kernels hold is said in key_gradient_tile.cuh and
// query_gradient_tile.cuh, for tensor cores, and in gradient_row.cuh, for everything else.
#pragma once

#include <cstdint>

#include "headwise/cuda/attend_backward_parameters.cuh"
#include "headwise/cuda/attend_settings.cuh"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/gradient_row.cuh"
#include "headwise/cuda/key_gradient_tile.cuh"
#include "headwise/cuda/multiply_heads.cuh"
#include "headwise/cuda/query_gradient_tile.cuh"
#include "headwise/cuda/query_numbers.cuh"
#include "headwise/cuda/runtime.cuh"
#include "headwise/cuda/token_blocks.cuh"
#include "headwise/operations/attend_arguments.hpp"
#include "headwise/operations/checks.hpp"

namespace headwise::cuda {

/// Gradients on tensor cores: a block has one tile of queries, or of keys.
template <typename Body>
HEADWISE_KERNEL(Body::settings.threads(), Body::settings.blocks)
gradients_by_tiles(HEADWISE_KERNEL_PARAMETER typename Body::parameters p,
                   HEADWISE_KERNEL_PARAMETER aligned_gradients aligned) {
  Body(p, aligned).run();
}

/// Gradients of queries in any number type: every warp has a row.
template <int Warps, typename Variant, typename Scalar>
HEADWISE_KERNEL(Warps* warp_size, 1)
query_gradients_by_rows(HEADWISE_KERNEL_PARAMETER attend_backward_parameters<Variant, Scalar> p) {
  const auto block = query_block_of<Variant::query_heads, Warps>(block_index(), p.q.batch, p.q.tokens);
  const int i = block.first + warp_index();
  if (i < p.q.tokens) write_query_gradient(p, p.side(block.batch, block.head), i);
}

/// Gradients of keys and values in any number type: every warp has a row.
template <int Warps, typename Variant, typename Scalar>
HEADWISE_KERNEL(Warps* warp_size, 1)
key_gradients_by_rows(HEADWISE_KERNEL_PARAMETER attend_backward_parameters<Variant, Scalar> p) {
  const auto block = query_block_of<Variant::composite_heads, Warps>(block_index(), p.k.batch, p.k.tokens);
  const int key = block.first + warp_index();
  if (key < p.k.tokens) write_key_gradients<true, true>(p, block.batch, block.head, key);
}

namespace launches {

/// The cut of the gradients of keys and values of a variant.
template <any_attention_variant Variant>
inline constexpr attend_settings key_settings_of = key_gradient_settings(Variant::head_dim, Variant::value_dim,
                                                                         score_units<Variant>::modifies);

template <typename Body, typename Parameters>
void start_gradients(const char* name, std::int64_t blocks, const Parameters& p, const aligned_gradients& aligned,
                     cuda_workspace& workspace) {
  workspace.launch(name, gradients_by_tiles<Body>,
                   {.blocks = blocks, .threads = Body::settings.threads(), .shared_bytes = Body::shared_bytes}, p,
                   aligned);
}

template <typename Variant, typename Scalar>
void start_gradients_by_tiles(const attend_backward_parameters<Variant, Scalar>& p, cuda_workspace& workspace) {
  constexpr int D = Variant::head_dim;
  constexpr int Dv = Variant::value_dim;
  constexpr attend_settings by_keys = key_settings_of<Variant>;
  constexpr attend_settings by_queries = query_gradient_settings(D, Dv);
  const aligned_gradients aligned{.q = has_aligned_chunks(p.q),
                                  .k = has_aligned_chunks(p.k),
                                  .v = has_aligned_chunks(p.v),
                                  .out_gradient = has_aligned_chunks(p.out_gradient),
                                  .gradients = has_aligned_chunks(p.q_gradient) && has_aligned_chunks(p.k_gradient) &&
                                               has_aligned_chunks(p.v_gradient)};
  const std::int64_t key_blocks = blocks_of_heads<Variant::composite_heads>(p.k.batch, p.k.tokens, by_keys.key_rows);
  if constexpr (keys_and_values_together(D, Dv)) {
    start_gradients<key_gradient_tile<Variant, Scalar, gradients_of::both, by_keys>>("gradients of keys and values",
                                                                                     key_blocks, p, aligned, workspace);
  } else {
    start_gradients<key_gradient_tile<Variant, Scalar, gradients_of::keys, by_keys>>("gradients of keys", key_blocks, p,
                                                                                     aligned, workspace);
    start_gradients<key_gradient_tile<Variant, Scalar, gradients_of::values, by_keys>>(
        "gradients of values", key_blocks, p, aligned, workspace);
  }
  start_gradients<query_gradient_tile<Variant, Scalar, by_queries>>(
      "gradients of queries", blocks_of_heads<Variant::query_heads>(p.q.batch, p.q.tokens, by_queries.query_rows), p,
      aligned, workspace);
}

template <typename Variant, typename Scalar>
void start_gradients_by_rows(const attend_backward_parameters<Variant, Scalar>& p, cuda_workspace& workspace) {
  constexpr int warps = 4;
  workspace.launch(
      "gradients of keys and values", key_gradients_by_rows<warps, Variant, Scalar>,
      {.blocks = blocks_of_heads<Variant::composite_heads>(p.k.batch, p.k.tokens, warps), .threads = warps * warp_size},
      p);
  workspace.launch(
      "gradients of queries", query_gradients_by_rows<warps, Variant, Scalar>,
      {.blocks = blocks_of_heads<Variant::query_heads>(p.q.batch, p.q.tokens, warps), .threads = warps * warp_size}, p);
}

}  // namespace launches

/// The gradients of attention, as `attend_backward_arguments` describes them: with P = exp(S - lse), dP = <dout, v> and
/// dS = P (dP - delta + dlse) times the derivative of the score's modification, dv = P^T dout, dk = scale dS^T q,
/// dq = scale dS k. Numbers of 16 bits are multiplied on tensor cores and summed in float, P and dS being rounded to 16
/// bits between products; other numbers are taken row by row. Sums have a fixed order: there are no atomics, scores are
/// worked out once for keys and once more for queries.
template <typename Variant, typename Scalar>
void attend_backward(const attend_backward_arguments<Variant, Scalar>& a, cuda_workspace& workspace) {
  headwise::detail::check_attend_backward(a);
  launches::check_tokens(a);
  using real = typename Variant::template accumulator<Scalar>;
  constexpr int H = Variant::query_heads;
  constexpr bool by_tiles = attends_by_tiles<Variant, Scalar>;
  cuda_workspace::frame frame(workspace);
  // Nothing starts before there is room for all.
  const bool gives_delta = a.delta.data != nullptr;
  auto* const products = gives_delta ? nullptr : frame.take<real>(a.q.batch * a.q.tokens * H);
  constexpr int tile = launches::key_settings_of<Variant>.query_rows;
  launches::query_room room;
  if constexpr (by_tiles) room = launches::take_query_room<tile>(a.q.batch * H, a.q.tokens, frame);
  attend_backward_parameters<Variant, Scalar> p{launches::inputs_of(a, frame),
                                                a.out_gradient,
                                                a.lse,
                                                a.lse_gradient,
                                                a.delta,
                                                nullptr,
                                                0,
                                                nullptr,
                                                0,
                                                a.q_gradient,
                                                a.k_gradient,
                                                a.v_gradient};
  if (!gives_delta) {
    const auto delta = batch_head_scalar_view<H>(products, a.q.batch, a.q.tokens);
    multiply_heads(a.out, a.out_gradient, delta, workspace);
    p.delta = {delta.data, delta.batch, delta.tokens, delta.batch_stride, delta.head_stride};
  }
  if constexpr (by_tiles) {
    launches::fill_query_room<tile>(p, room, workspace);
    launches::start_gradients_by_tiles(p, workspace);
  } else {
    launches::start_gradients_by_rows(p, workspace);
  }
}

}  // namespace headwise::cuda
