// SPDX-License-Identifier: Apache-2.0
// The head-level norm. A team of threads, some lanes of a warp or a block, has one group of heads of one token; every
// thread keeps its chunks of the group in registers between the sum of squares and the result.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/norm_team.cuh"
#include "headwise/operations/head_checks.hpp"
#include "headwise/policies/head_norm.hpp"

namespace headwise::cuda {

/// What the norm reads and writes, and the numbers among its settings. As template arguments of a kernel the settings
/// themselves have no name that nvcc could write down.
template <typename T, int Heads, int Dim>
struct norm_tensors {
  head_view<const T, Heads, Dim> x;
  const T* gain;
  head_view<T, Heads, Dim> y;
  double factor;
  double epsilon;
};

/// A team for every group of every token; it reads the group once.
template <norm_gain Gain, int GroupHeads, bool Whole, typename T, int Heads, int Dim>
HEADWISE_KERNEL((norm_team<GroupHeads, T, Heads, Dim>::block), 1)
normalize_groups(HEADWISE_KERNEL_PARAMETER norm_tensors<T, Heads, Dim> tensors) {
  using team = norm_team<GroupHeads, T, Heads, Dim>;
  using real = sum_type<T>;
  auto* const shared = reinterpret_cast<real*>(shared_memory());
  const int thread = thread_index() % team::threads;
  const std::int64_t index = block_index() * team::teams + thread_index() / team::threads;
  const std::int64_t token = index / team::groups;
  const bool live = token < tensors.x.batch * tensors.x.tokens;
  const int first = static_cast<int>(index - token * team::groups) * team::heads;
  const std::int64_t b = token / tensors.x.tokens;
  const std::int64_t n = token - b * tensors.x.tokens;

  const auto x = load_group<team, Whole>(tensors.x, b, n, first, thread, live);
  const real squares = product_over_group(x, x, shared);
  if (!live) return;
  const real r = inverse_root_mean_square(squares, team::features, tensors.epsilon);
  const auto gain = load_gains<Gain, team, Whole, Dim>(tensors.gain, static_cast<real>(tensors.factor), first, thread);
  HEADWISE_UNROLL
  for (int step = 0; step < team::steps; ++step) {
    if (!team::has(thread, step)) return;
    feature_chunk<T, team::width> y;
    HEADWISE_UNROLL
    for (int d = 0; d < team::width; ++d) y.value[d] = gain.step[step].value[d] * (r * x.step[step].value[d]);
    store_chunk<Whole>(tensors.y.row(b, n, first + team::head_of(thread, step)) + team::feature_of(thread, step), y);
  }
}

/// Head-level GroupNorm (MEA, eq. 12): y = factor * gain * x / sqrt(mean(x^2) + epsilon), the mean over the features of
/// a group of heads of one token. `gain` is [Dim], [Heads][Dim] or empty, as `Settings` says.
template <norm_settings Settings, typename In, typename T, int Heads, int Dim>
void normalize_heads(head_view<In, Heads, Dim> x, std::type_identity_t<std::span<const T>> gain,
                     head_view<T, Heads, Dim> y, cuda_workspace& workspace) {
  headwise::detail::check_normalize_heads<Settings>(x, gain, y);
  constexpr int group_heads = Settings.heads_per_group(Heads);
  using team = norm_team<group_heads, T, Heads, Dim>;
  const bool aligned =
      chunk_aligned<team::width>(x) && chunk_aligned<team::width>(y) && chunk_aligned<team::width>(gain.data());
  with_whole_chunks<team::width>(aligned, [&](auto whole) {
    constexpr bool is_whole = decltype(whole)::value;
    workspace.launch("normalize_heads", normalize_groups<Settings.gain, group_heads, is_whole, T, Heads, Dim>,
                     {.blocks = blocks_of(x.batch * x.tokens * team::groups, team::teams),
                      .threads = team::block,
                      .shared_bytes = team::shared_bytes},
                     {x, gain.data(), y, Settings.factor, Settings.epsilon});
  });
}

}  // namespace headwise::cuda
