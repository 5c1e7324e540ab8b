// SPDX-License-Identifier: Apache-2.0
// Mixing of heads. A thread has one chunk of features of one token, the same ones in all heads: it reads every input
// head once, some of them ahead, and keeps the sums of as many output heads as registers hold. The weights are in
// shared memory, from where all threads of a warp read the same one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/mix_weight_gradient.cuh"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cuda {

/// How one thread mixes: it owns a chunk of features of one token, reads every input head once and keeps the sums of up
/// to `outputs` output heads in registers.
template <typename T, int In, int Out, int Dim>
struct mixing_shape {
  /// Sums that a thread keeps, in registers of 32 bits 64 of them.
  static constexpr int most_sums = 256 / static_cast<int>(sizeof(sum_type<T>));
  static constexpr int width = widest_chunk<T>(Dim, std::max(1, most_sums / Out));
  static constexpr int outputs = std::min(Out, most_sums / width);
  /// Blocks that share the output heads of the same tokens.
  static constexpr int passes = (Out + outputs - 1) / outputs;
  /// Weights of one input head in shared memory.
  static constexpr int row = (outputs + 3) / 4 * 4;
  /// Input heads that are on their way at a time, 64 bytes of them.
  static constexpr int ahead = std::clamp(64 / (width * static_cast<int>(sizeof(T))), 1, In);
  static constexpr int threads = 256;
};

/// What a mixing kernel reads and writes; weight [In][Out], or its transpose. Where it adds, `to` is read as well.
template <typename T, int In, int Out, int Dim>
struct mixing_tensors {
  head_view<const T, In, Dim> from;
  head_view<T, Out, Dim> to;
  const T* weight;
  bool adds = false;
};

namespace loops {

/// Puts the weights of one pass into shared memory, [In][Row]; what no output head has is left as it is.
template <bool Transposed, int Row, int Outputs, int In, int Out, typename T>
HEADWISE_DEVICE void stage_weights(const T* weight, int first_output, sum_type<T>* shared) {
  for (int i = thread_index(); i < In * Out; i += threads_per_block()) {
    const int in = Transposed ? i % In : i / Out;
    const int out = (Transposed ? i / In : i % Out) - first_output;
    const auto value = static_cast<sum_type<T>>(load_global(weight + i));
    if (0 <= out && out < Outputs) store_shared(shared + in * Row + out, value);
  }
}

}  // namespace loops

/// to[b][n][o] (=|+=) sum_i weight[i][o] from[b][n][i].
template <bool Whole, bool Transposed, typename T, int In, int Out, int Dim>
HEADWISE_KERNEL((mixing_shape<T, In, Out, Dim>::threads), 2)
mix_tokens(HEADWISE_KERNEL_PARAMETER mixing_tensors<T, In, Out, Dim> tensors) {
  using shape = mixing_shape<T, In, Out, Dim>;
  using real = sum_type<T>;
  constexpr int width = shape::width;
  constexpr int outputs = shape::outputs;
  constexpr int passes = shape::passes;
  constexpr int row = shape::row;
  constexpr int ahead = shape::ahead;
  auto* const weights = reinterpret_cast<real*>(shared_memory());
  const int first_output = passes == 1 ? 0 : static_cast<int>(block_index() % passes) * outputs;
  loops::stage_weights<Transposed, row, outputs, In, Out>(tensors.weight, first_output, weights);
  sync_block();

  const std::int64_t index = block_index() / passes * shape::threads + thread_index();
  if (index >= tensors.from.batch * tensors.from.tokens * (Dim / width)) return;
  const chunk_place place = place_of_chunk<Dim, width>(index, tensors.from.tokens);
  const T* const from = tensors.from.row(place.b, place.n, 0) + place.feature;
  real sum[std::size_t{outputs}][std::size_t{width}] = {};
  for (int first = 0; first < In; first += ahead) {
    feature_chunk<T, width> input[std::size_t{ahead}];
    HEADWISE_UNROLL
    for (int i = 0; i < ahead; ++i)
      if (In % ahead == 0 || first + i < In)
        input[i] = load_chunk<width, Whole>(from + (first + i) * tensors.from.head_stride);
    HEADWISE_UNROLL
    for (int i = 0; i < ahead; ++i)
      if (In % ahead == 0 || first + i < In) {
        HEADWISE_UNROLL
        for (int o = 0; o < outputs; ++o) {
          const real weight = load_shared(weights + (first + i) * row + o);
          HEADWISE_UNROLL
          for (int d = 0; d < width; ++d) sum[o][d] += weight * input[i].value[d];
        }
      }
  }
  T* const to = tensors.to.row(place.b, place.n, first_output) + place.feature;
  HEADWISE_UNROLL
  for (int o = 0; o < outputs; ++o) {
    if (Out % outputs != 0 && first_output + o >= Out) return;
    T* const place_of_output = to + o * tensors.to.head_stride;
    feature_chunk<T, width> output{};
    if (tensors.adds) output = load_chunk<width, Whole>(place_of_output);
    HEADWISE_UNROLL
    for (int d = 0; d < width; ++d) output.value[d] += sum[o][d];
    store_chunk<Whole>(place_of_output, output);
  }
}

/// Starts the mixing kernel on the widest accesses that the tensors allow.
template <bool Transposed, typename T, int In, int Out, int Dim>
void launch_mix_tokens(const char* name, const mixing_tensors<T, In, Out, Dim>& tensors, cuda_workspace& workspace) {
  using shape = mixing_shape<T, In, Out, Dim>;
  const std::int64_t chunks = tensors.from.batch * tensors.from.tokens * (Dim / shape::width);
  const bool aligned = chunk_aligned<shape::width>(tensors.from) && chunk_aligned<shape::width>(tensors.to);
  with_whole_chunks<shape::width>(aligned, [&](auto whole) {
    workspace.launch(name, mix_tokens<decltype(whole)::value, Transposed, T, In, Out, Dim>,
                     {.blocks = blocks_of(chunks, shape::threads) * shape::passes,
                      .threads = shape::threads,
                      .shared_bytes = std::size_t{In} * shape::row * sizeof(sum_type<T>)},
                     tensors);
  });
}

/// Head-level linear composition (MEA, eq. 10-11): composites[b][n][g] = sum_c weight[c][g] components[b][n][c], with
/// `weight` [C][G] row by row. One streaming pass: every number is read once where G numbers fit in registers.
template <typename In, typename T, int Components, int Composites, int Dim>
void mix_heads(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
               head_view<T, Composites, Dim> composites, cuda_workspace& workspace) {
  headwise::detail::check_mix_heads(components, weight, composites);
  launch_mix_tokens<false, T, Components, Composites, Dim>("mix_heads", {components, composites, weight.data()},
                                                           workspace);
}

/// The backward of `mix_heads`: component_gradient[b][n][c] = sum_g weight[c][g] composite_gradient[b][n][g],
/// overwriting or adding; sum_{b,n} <components[b][n][c], composite_gradient[b][n][g]> is added to
/// weight_gradient[c][g].
template <typename In, typename InGradient, typename T, int Components, int Composites, int Dim>
void mix_heads_backward(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
                        head_view<InGradient, Composites, Dim> composite_gradient,
                        head_view<T, Components, Dim> component_gradient, result_write write,
                        std::type_identity_t<std::span<T>> weight_gradient, cuda_workspace& workspace) {
  headwise::detail::check_mix_heads_backward(components, weight, composite_gradient, component_gradient,
                                             weight_gradient);
  add_weight_gradient<T, Components, Composites, Dim>(components, composite_gradient, weight_gradient.data(),
                                                      workspace);
  launch_mix_tokens<true, T, Composites, Components, Dim>(
      "mix_heads_backward", {composite_gradient, component_gradient, weight.data(), write == result_write::add},
      workspace);
}

}  // namespace headwise::cuda
