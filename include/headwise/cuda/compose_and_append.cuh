// SPDX-License-Identifier: Apache-2.0
// Mixing, rotation and appending in one pass. A block has 16 tokens of one sequence, their cosines and sines and the
// mixing weights in shared memory. A thread has the same few features of all heads of one token: it turns those of one
// component head after the other, writes them to the cache as they pass, and keeps the sums of composite heads in
// registers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/mix_heads.cuh"
#include "headwise/cuda/rotation.cuh"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cuda {

/// Neighbouring features that are taken as they are, where no positions turn them.
template <typename Positions, typename T, int Dim, int Most>
struct composed_features {
  static constexpr int width = widest_chunk<T>(Dim, Most);
  static constexpr int count = width;
  static constexpr int units = Dim / width;

  template <bool Whole>
  HEADWISE_DEVICE static feature_chunk<T, count> load(const T* head, int unit) {
    return load_chunk<width, Whole>(head + unit * width);
  }
  template <bool Whole>
  HEADWISE_DEVICE static void store(T* head, int unit, const feature_chunk<T, count>& features) {
    store_chunk<Whole>(head + unit * width, features);
  }
};

/// Neighbouring pairs of features, which positions turn: first ones, then second ones.
template <typename Positions, typename T, int Dim, int Most>
requires(Positions::rotates) struct composed_features<Positions, T, Dim, Most> {
  using shape = pair_shape<Positions, T, Dim, (Most + 1) / 2>;
  static constexpr int width = shape::width;
  static constexpr int count = 2 * shape::pairs;
  static constexpr int units = Dim / 2 / shape::pairs;

  template <bool Whole>
  HEADWISE_DEVICE static pair_chunk<T, shape::pairs> load(const T* head, int unit) {
    return load_pairs<Positions, Dim, shape, Whole>(head, unit * shape::pairs);
  }
  template <bool Whole>
  HEADWISE_DEVICE static void store(T* head, int unit, const feature_chunk<T, count>& features) {
    pair_chunk<T, shape::pairs> pairs;
    HEADWISE_UNROLL
    for (int i = 0; i < shape::pairs; ++i) {
      pairs.first[i] = features.value[i];
      pairs.second[i] = features.value[shape::pairs + i];
    }
    store_pairs<Positions, Dim, shape, Whole>(head, unit * shape::pairs, pairs);
  }
  HEADWISE_DEVICE static feature_chunk<T, count> turn(const pair_chunk<T, shape::pairs>& x,
                                                      const turn_table<sum_type<T>, Dim>& table, int token, int unit) {
    const auto y = turned(x, table, token, unit * shape::pairs);
    feature_chunk<T, count> features;
    HEADWISE_UNROLL
    for (int i = 0; i < shape::pairs; ++i) {
      features.value[i] = y.first[i];
      features.value[shape::pairs + i] = y.second[i];
    }
    return features;
  }
};

/// What composing reads and writes.
template <typename T, int Components, int Composites, int Dim>
struct composition_tensors {
  head_view<const T, Components, Dim> components;
  const T* weight;
  kernel_lengths counts;
  kernel_lengths lengths;
  head_view<T, Components, Dim> slots;
  head_view<T, Composites, Dim> composites;
};

/// How one thread composes: as in mixing it keeps the sums of its features of up to `outputs` composite heads.
template <typename Positions, typename T, int Components, int Composites, int Dim>
struct composition_shape {
  static constexpr int threads = 128;
  static constexpr int tokens = 16;
  static constexpr int most_sums = mixing_shape<T, Components, Composites, Dim>::most_sums;
  using features = composed_features<Positions, T, Dim, std::max(1, most_sums / Composites)>;
  static constexpr int outputs = std::min(Composites, std::max(1, most_sums / features::count));
  static constexpr int row = (Composites + 3) / 4 * 4;
  static constexpr std::size_t weight_bytes = std::size_t{Components} * row * sizeof(sum_type<T>);
  static constexpr std::size_t table_offset = (weight_bytes + 15) / 16 * 16;
  static constexpr std::size_t table_bytes() {
    if constexpr (Positions::rotates) return turn_table<sum_type<T>, Dim>::shared_bytes;
    return 0;
  }
  static constexpr std::size_t shared_bytes = table_offset + table_bytes();
};

/// A block for some tokens of one sequence, a thread for the same few features of all heads of a token.
template <typename Positions, bool Whole, typename T, int Components, int Composites, int Dim>
HEADWISE_KERNEL((composition_shape<Positions, T, Components, Composites, Dim>::threads), 3)
compose_tokens(HEADWISE_KERNEL_PARAMETER composition_tensors<T, Components, Composites, Dim> tensors) {
  using shape = composition_shape<Positions, T, Components, Composites, Dim>;
  using features = typename shape::features;
  using real = sum_type<T>;
  auto* const weights = reinterpret_cast<real*>(shared_memory());
  const std::int64_t blocks = blocks_of(tensors.components.tokens, shape::tokens);
  const std::int64_t b = block_index() / blocks;
  const std::int64_t n = (block_index() - b * blocks) * shape::tokens;
  const std::int64_t rest = tensors.components.tokens - n;
  const int count = rest < shape::tokens ? static_cast<int>(rest) : shape::tokens;
  const std::int64_t length = length_of(tensors.lengths, b, 0);
  const std::int64_t appended = length_of(tensors.counts, b, tensors.components.tokens) - n;
  const turn_table<real, Dim> table(shared_memory() + shape::table_offset);
  loops::stage_weights<false, shape::row, Composites, Components, Composites>(tensors.weight, 0, weights);
  if constexpr (Positions::rotates) fill_turns<Positions>(table, length + n, count, 1.0);
  sync_block();

  for (int i = thread_index(); i < count * features::units; i += shape::threads) {
    const int token = i / features::units;
    const int unit = i % features::units;
    for (int first = 0; first < Composites; first += shape::outputs) {
      real sum[std::size_t{shape::outputs}][std::size_t{features::count}] = {};
      // The next head is on its way while this one is summed.
      auto next = features::template load<Whole>(tensors.components.row(b, n + token, 0), unit);
      for (int c = 0; c < Components; ++c) {
        const auto x = next;
        if (c + 1 < Components)
          next = features::template load<Whole>(tensors.components.row(b, n + token, c + 1), unit);
        feature_chunk<T, features::count> component;
        if constexpr (Positions::rotates) {
          // Composite heads are made of what the cache holds.
          component = rounded<T>(features::turn(x, table, token, unit));
        } else {
          component = x;
        }
        if (first == 0 && token < appended)
          features::template store<Whole>(tensors.slots.row(b, length + n + token, c), unit, component);
        HEADWISE_UNROLL
        for (int o = 0; o < shape::outputs; ++o) {
          const real weight = load_shared(weights + c * shape::row + (first + o < Composites ? first + o : 0));
          HEADWISE_UNROLL
          for (int d = 0; d < features::count; ++d) sum[o][d] += weight * component.value[d];
        }
      }
      HEADWISE_UNROLL
      for (int o = 0; o < shape::outputs; ++o) {
        feature_chunk<T, features::count> composite;
        HEADWISE_UNROLL
        for (int d = 0; d < features::count; ++d) composite.value[d] = sum[o][d];
        if (first + o < Composites)
          features::template store<Whole>(tensors.composites.row(b, n + token, first + o), unit, composite);
      }
    }
  }
}

/// Rotation, appending and mixing in one pass over the component heads, which equals `rotate` to the positions behind
/// lengths[b], `append_heads` behind the first lengths[b] tokens of slots [batch][capacity][C][Dim], and `mix_heads` of
/// all tokens to composites [batch][tokens][G][Dim]: turning acts on features and mixing on heads, so that they commute
/// (MEA, eq. 13). Without positions, as for values, nothing is turned.
template <typename Positions, typename In, typename T, int Components, int Composites, int Dim>
void compose_and_append(head_view<In, Components, Dim> components, std::type_identity_t<std::span<const T>> weight,
                        std::span<const std::int64_t> counts, std::span<const std::int64_t> lengths,
                        head_view<T, Components, Dim> slots, head_view<T, Composites, Dim> composites,
                        cuda_workspace& workspace) {
  using shape = composition_shape<Positions, T, Components, Composites, Dim>;
  constexpr int width = shape::features::width;
  headwise::detail::check_append_heads(components, counts, lengths, slots);
  headwise::detail::check_mix_heads(components, weight, composites);
  headwise::detail::check_disjoint(composites, "composites", slots, "slots");
  workspace.require_room([&](cuda_workspace& counting) {
    compose_and_append<Positions>(components, weight, counts, lengths, slots, composites, counting);
  });
  cuda_workspace::frame frame(workspace);
  const kernel_lengths new_tokens = lengths_for_kernel(counts, frame);
  const kernel_lengths starts = lengths_for_kernel(lengths, frame);
  const bool aligned =
      chunk_aligned<width>(components) && chunk_aligned<width>(slots) && chunk_aligned<width>(composites);
  with_whole_chunks<width>(aligned, [&](auto whole) {
    workspace.launch("compose_and_append",
                     compose_tokens<Positions, decltype(whole)::value, T, Components, Composites, Dim>,
                     {.blocks = components.batch * blocks_of(components.tokens, shape::tokens),
                      .threads = shape::threads,
                      .shared_bytes = shape::shared_bytes},
                     {components, weight.data(), new_tokens, starts, slots, composites});
  });
}

}  // namespace headwise::cuda
