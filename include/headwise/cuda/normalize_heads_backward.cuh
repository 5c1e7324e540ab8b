// SPDX-License-Identifier: Apache-2.0
// The backward of the head-level norm. A team of threads has one group of heads in all tokens of a slice; every thread
// keeps its chunks of the input and of the gradient of one token in registers, and the sums of its gains' gradients
// over the slice. A second kernel adds the sums of all slices in their order.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/multiply_heads.cuh"
#include "headwise/cuda/norm_team.cuh"
#include "headwise/cuda/partial_sums.cuh"
#include "headwise/operations/head_checks.hpp"
#include "headwise/policies/head_norm.hpp"

namespace headwise::cuda {

/// What the backward of the norm reads and writes. Gain gradients are summed per slice, [slices][Heads][Dim].
template <typename T, typename Delta, int Heads, int Dim>
struct norm_gradient_tensors {
  head_view<const T, Heads, Dim> x;
  const T* gain;
  head_view<const T, Heads, Dim> y_gradient;
  head_view<T, Heads, Dim> x_gradient;
  head_scalar_view<Delta, Heads> delta;
  sum_type<T>* partial;
  double factor;
  double epsilon;
};

/// Slices of tokens as one team works through them.
inline constexpr int least_norm_slice = 16;

/// A team owns one group of heads in all tokens of a slice, so that it keeps the sums of the group's gain gradients.
template <norm_gain Gain, int GroupHeads, bool Whole, bool WithDelta, typename T, typename Delta, int Heads, int Dim>
HEADWISE_KERNEL((norm_team<GroupHeads, T, Heads, Dim>::block), 1)
normalize_groups_backward(HEADWISE_KERNEL_PARAMETER norm_gradient_tensors<T, Delta, Heads, Dim> tensors) {
  using team = norm_team<GroupHeads, T, Heads, Dim>;
  using real = sum_type<T>;
  constexpr bool has_gain = Gain != norm_gain::none;
  const auto factor = static_cast<real>(tensors.factor);
  auto* const shared = reinterpret_cast<real*>(shared_memory());
  const int thread = thread_index() % team::threads;
  const std::int64_t index = block_index() * team::teams + thread_index() / team::threads;
  const std::int64_t slice = index / team::groups;
  const int first = static_cast<int>(index - slice * team::groups) * team::heads;
  const std::int64_t tokens = tensors.x.tokens;
  const token_slices slices{tensors.x.batch * tokens, least_norm_slice};

  const auto gain = load_gains<Gain, team, Whole, Dim>(tensors.gain, factor, first, thread);
  group_chunks<team, T> gain_sum{};
  for (std::int64_t i = 0; i < slices.size(); ++i) {
    const std::int64_t token = slice * slices.size() + i;
    const bool live = token < slices.tokens;
    const std::int64_t b = token / tokens;
    const std::int64_t n = token - b * tokens;
    auto normalized = load_group<team, Whole>(tensors.x, b, n, first, thread, live);
    auto upstream = load_group<team, Whole>(tensors.y_gradient, b, n, first, thread, live);
    const real squares = product_over_group(normalized, normalized, shared);
    const real r = inverse_root_mean_square(squares, team::features, tensors.epsilon);
    HEADWISE_UNROLL
    for (int step = 0; step < team::steps; ++step) {
      HEADWISE_UNROLL
      for (int d = 0; d < team::width; ++d) {
        real& n_value = normalized.step[step].value[d];
        real& u_value = upstream.step[step].value[d];
        n_value *= r;
        if constexpr (has_gain) gain_sum.step[step].value[d] += factor * u_value * n_value;
        u_value *= gain.step[step].value[d];
      }
    }
    const real mean = product_over_group(upstream, normalized, shared) / static_cast<real>(team::features);
    real along = 0;
    HEADWISE_UNROLL
    for (int step = 0; step < team::steps; ++step) {
      feature_chunk<T, team::width> x_gradient;
      HEADWISE_UNROLL
      for (int d = 0; d < team::width; ++d)
        x_gradient.value[d] = r * (upstream.step[step].value[d] - mean * normalized.step[step].value[d]);
      if (live && team::has(thread, step)) {
        const int head = first + team::head_of(thread, step);
        const int feature = team::feature_of(thread, step);
        store_chunk<Whole>(tensors.x_gradient.row(b, n, head) + feature, x_gradient);
        if constexpr (WithDelta) {
          const auto x = load_chunk<team::width, Whole>(tensors.x.row(b, n, head) + feature);
          const auto stored = rounded<T>(x_gradient);
          HEADWISE_UNROLL
          for (int d = 0; d < team::width; ++d) along += x.value[d] * stored.value[d];
        }
      }
    }
    if constexpr (WithDelta) {
      along = sum_over_team<team::threads>(along, shared);
      if (live && thread == 0) store_global(tensors.delta.row(b, first) + n, static_cast<Delta>(along));
    }
  }
  if constexpr (has_gain) {
    if (slice >= slices.count()) return;
    HEADWISE_UNROLL
    for (int step = 0; step < team::steps; ++step) {
      if (!team::has(thread, step)) return;
      const int head = first + team::head_of(thread, step);
      real* const partial = tensors.partial + (slice * Heads + head) * Dim + team::feature_of(thread, step);
      HEADWISE_UNROLL
      for (int d = 0; d < team::width; ++d) store_global(partial + d, gain_sum.step[step].value[d]);
    }
  }
}

/// The backward of `normalize_heads`. With r = 1 / rms, n = r x and u = factor * gain * dy,
/// x_gradient = r (u - n mean(u n)) is overwritten; factor * dy * n is added to gain_gradient. With `delta` given,
/// <x, x_gradient> of every head and token is written there, of x_gradient as it is stored: what the backward of
/// attention needs where x is its output.
template <norm_settings Settings, typename In, typename InGradient, typename T, int Heads, int Dim,
          typename Delta = sum_type<T>>
void normalize_heads_backward(head_view<In, Heads, Dim> x, std::type_identity_t<std::span<const T>> gain,
                              head_view<InGradient, Heads, Dim> y_gradient, head_view<T, Heads, Dim> x_gradient,
                              std::type_identity_t<std::span<T>> gain_gradient, cuda_workspace& workspace,
                              head_scalar_view<Delta, Heads> delta = {}) {
  headwise::detail::check_normalize_heads_backward<Settings>(x, gain, y_gradient, x_gradient, gain_gradient);
  const bool with_delta = delta.data != nullptr;
  if (with_delta) headwise::detail::check_scalars(delta, "delta", x.batch, x.tokens);
  // In a team that owns several heads nobody sums over a single one.
  constexpr int group_heads = Settings.heads_per_group(Heads);
  constexpr bool sums_heads = group_heads == 1;
  using team = norm_team<group_heads, T, Heads, Dim>;
  const std::int64_t slices = token_slices{x.batch * x.tokens, least_norm_slice}.count();
  cuda_workspace::frame frame(workspace);
  // A gain that heads share has a row of sums for each of them.
  constexpr std::int64_t sharers = Settings.gain == norm_gain::shared ? Heads : 1;
  const partial_sums<T> sums = take_partials(Settings.gain == norm_gain::none ? 0 : slices * sharers,
                                             Heads * Dim / sharers, gain_gradient.data(), frame);
  const bool aligned = chunk_aligned<team::width>(x) && chunk_aligned<team::width>(y_gradient) &&
                       chunk_aligned<team::width>(x_gradient) && chunk_aligned<team::width>(gain.data());
  with_whole_chunks<team::width>(aligned, [&](auto whole) {
    constexpr bool is_whole = decltype(whole)::value;
    workspace.launch(
        "normalize_heads_backward",
        with_delta && sums_heads
            ? normalize_groups_backward<Settings.gain, group_heads, is_whole, sums_heads, T, Delta, Heads, Dim>
            : normalize_groups_backward<Settings.gain, group_heads, is_whole, false, T, Delta, Heads, Dim>,
        {.blocks = blocks_of(slices * team::groups, team::teams),
         .threads = team::block,
         .shared_bytes = team::shared_bytes},
        {x, gain.data(), y_gradient, x_gradient, delta, sums.partial, Settings.factor, Settings.epsilon});
  });
  if constexpr (Settings.gain != norm_gain::none) launch_add_partials(sums, workspace);
  if constexpr (!sums_heads)
    if (with_delta) multiply_heads<T, Delta, Heads, Dim>(x, x_gradient, delta, workspace);
}

}  // namespace headwise::cuda
