// SPDX-License-Identifier: Apache-2.0
// Copies of new tokens into a cache. A thread has one chunk of up to 16 bytes of one token, heads running on behind
// each other, and holds nothing else.
#pragma once

#include <cstdint>
#include <span>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/device_lengths.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cuda {

/// What appending reads and writes.
template <typename T, int Heads, int Dim>
struct append_tensors {
  static constexpr int width = widest_chunk<T>(Dim);

  head_view<const T, Heads, Dim> x;
  kernel_lengths counts;
  kernel_lengths lengths;
  head_view<T, Heads, Dim> slots;
};

/// Threads of a block that appends tokens.
inline constexpr int append_threads = 256;

/// A thread for every chunk of every head of every token.
template <bool Whole, typename T, int Heads, int Dim>
HEADWISE_KERNEL(append_threads, 2)
copy_tokens(HEADWISE_KERNEL_PARAMETER append_tensors<T, Heads, Dim> tensors) {
  constexpr int width = append_tensors<T, Heads, Dim>::width;
  const std::int64_t index = block_index() * append_threads + thread_index();
  const chunk_place place = place_of_chunk<Heads * Dim, width>(index, tensors.x.tokens);
  if (place.b >= tensors.x.batch || place.n >= length_of(tensors.counts, place.b, tensors.x.tokens)) return;
  const int head = place.feature / Dim;
  const int feature = place.feature % Dim;
  const std::int64_t slot = length_of(tensors.lengths, place.b, 0) + place.n;
  store_chunk<Whole>(tensors.slots.row(place.b, slot, head) + feature,
                     load_chunk<width, Whole>(tensors.x.row(place.b, place.n, head) + feature));
}

/// Copies the first counts[b] tokens (all, where no counts are given) of x [batch][tokens][Heads][Dim] behind the first
/// lengths[b] tokens of slots [batch][capacity][Heads][Dim].
template <typename In, typename T, int Heads, int Dim>
void append_heads(head_view<In, Heads, Dim> x, std::span<const std::int64_t> counts,
                  std::span<const std::int64_t> lengths, head_view<T, Heads, Dim> slots, cuda_workspace& workspace) {
  headwise::detail::check_append_heads(x, counts, lengths, slots);
  workspace.require_room([&](cuda_workspace& counting) { append_heads(x, counts, lengths, slots, counting); });
  constexpr int width = append_tensors<T, Heads, Dim>::width;
  cuda_workspace::frame frame(workspace);
  const kernel_lengths new_tokens = lengths_for_kernel(counts, frame);
  const kernel_lengths starts = lengths_for_kernel(lengths, frame);
  const std::int64_t chunks = x.batch * x.tokens * (Heads * Dim / width);
  with_whole_chunks<width>(chunk_aligned<width>(x) && chunk_aligned<width>(slots), [&](auto whole) {
    workspace.launch("append_heads", copy_tokens<decltype(whole)::value, T, Heads, Dim>,
                     {.blocks = blocks_of(chunks, append_threads), .threads = append_threads},
                     {x, new_tokens, starts, slots});
  });
}

}  // namespace headwise::cuda
