// SPDX-License-Identifier: Apache-2.0
// Products of vectors of two tensors. A team of threads, some lanes of a warp or a block, has one head of one token;
// every thread keeps its chunks of both in registers, and the team adds up.
#pragma once

#include <cstdint>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/norm_team.cuh"

namespace headwise::cuda {

/// The factors of `multiply_heads` and where the products go.
template <typename T, typename Product, int Heads, int Dim>
struct head_products {
  head_view<const T, Heads, Dim> a;
  head_view<const T, Heads, Dim> b;
  head_scalar_view<Product, Heads> product;
};

/// A team for every head of every token.
template <bool Whole, typename T, typename Product, int Heads, int Dim>
HEADWISE_KERNEL((norm_team<1, T, Heads, Dim>::block), 1)
multiply_head_vectors(HEADWISE_KERNEL_PARAMETER head_products<T, Product, Heads, Dim> tensors) {
  using team = norm_team<1, T, Heads, Dim>;
  using real = sum_type<T>;
  auto* const shared = reinterpret_cast<real*>(shared_memory());
  const int thread = thread_index() % team::threads;
  const std::int64_t index = block_index() * team::teams + thread_index() / team::threads;
  const std::int64_t token = index / Heads;
  const bool live = token < tensors.a.batch * tensors.a.tokens;
  const int head = static_cast<int>(index - token * Heads);
  const std::int64_t b = token / tensors.a.tokens;
  const std::int64_t n = token - b * tensors.a.tokens;
  const auto left = load_group<team, Whole>(tensors.a, b, n, head, thread, live);
  const auto right = load_group<team, Whole>(tensors.b, b, n, head, thread, live);
  const real product = product_over_group(left, right, shared);
  if (live && thread == 0) store_global(tensors.product.row(b, head) + n, static_cast<Product>(product));
}

/// product[b][h][n] = <a[b][n][h], b[b][n][h]>: with the output of attention and its gradient, what its backward calls
/// delta.
template <typename T, typename Product, int Heads, int Dim>
void multiply_heads(head_view<const T, Heads, Dim> a, head_view<const T, Heads, Dim> b,
                    head_scalar_view<Product, Heads> product, cuda_workspace& workspace) {
  using team = norm_team<1, T, Heads, Dim>;
  with_whole_chunks<team::width>(chunk_aligned<team::width>(a) && chunk_aligned<team::width>(b), [&](auto whole) {
    constexpr bool is_whole = decltype(whole)::value;
    workspace.launch("multiply_heads", multiply_head_vectors<is_whole, T, Product, Heads, Dim>,
                     {.blocks = blocks_of(a.batch * a.tokens * Heads, team::teams),
                      .threads = team::block,
                      .shared_bytes = team::shared_bytes},
                     {a, b, product});
  });
}

}  // namespace headwise::cuda
