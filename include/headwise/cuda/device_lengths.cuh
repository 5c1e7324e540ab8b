// SPDX-License-Identifier: Apache-2.0
// Lengths on their way to the device: parameters of the kernel that reads them, or of one before it, of which a thread
// writes every 128th of them to memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// As many lengths as travel with a launch: the parameters of a kernel have room for 4 KiB.
struct lengths_in_parameters {
  static constexpr int most = 448;

  std::int64_t* to;
  int count;
  std::int64_t length[most];
};

/// Writes the lengths that came with the launch to device memory, in one block.
template <int Threads>
HEADWISE_KERNEL(Threads, 1)
store_lengths(HEADWISE_KERNEL_PARAMETER lengths_in_parameters lengths) {
  for (int i = thread_index(); i < lengths.count; i += Threads) store_global(lengths.to + i, lengths.length[i]);
}

/// The lengths in device memory that the frame holds, or null for none. A copy from the host's memory would wait for
/// the device; these travel with launches, in the order of the stream, so that the caller's memory is free at once.
/// Whoever captures a graph captures the lengths of that call.
inline const std::int64_t* device_lengths(std::span<const std::int64_t> lengths, cuda_workspace::frame& frame) {
  constexpr int threads = 128;
  if (lengths.empty()) return nullptr;
  std::int64_t* const memory = frame.take<std::int64_t>(static_cast<std::int64_t>(lengths.size()));
  for (std::size_t first = 0; first < lengths.size(); first += lengths_in_parameters::most) {
    lengths_in_parameters part{};
    part.to = memory + first;
    part.count = static_cast<int>(std::min(lengths.size() - first, std::size_t{lengths_in_parameters::most}));
    std::copy_n(lengths.data() + first, part.count, part.length);
    frame.workspace().launch("store_lengths", store_lengths<threads>, {.blocks = 1, .threads = threads}, part);
  }
  return memory;
}

/// Lengths among the parameters of the kernel that reads them, which takes no launch of their own; those of more
/// sequences lie in device memory.
struct kernel_lengths {
  static constexpr int most = 64;

  const std::int64_t* memory = nullptr;
  /// How many are here.
  int count = 0;
  std::int64_t length[most] = {};
};

/// The lengths as a kernel reads them; where they have to lie in device memory, the frame holds it.
inline kernel_lengths lengths_for_kernel(std::span<const std::int64_t> lengths, cuda_workspace::frame& frame) {
  kernel_lengths all;
  if (lengths.size() > std::size_t{kernel_lengths::most}) {
    all.memory = device_lengths(lengths, frame);
  } else {
    all.count = static_cast<int>(lengths.size());
    std::copy(lengths.begin(), lengths.end(), all.length);
  }
  return all;
}

/// The number of live tokens of one sequence, from what `device_lengths` gave.
HEADWISE_DEVICE std::int64_t length_of(const std::int64_t* lengths, std::int64_t b, std::int64_t tokens) {
  return lengths == nullptr ? tokens : load_global(lengths + b);
}
/// The same from what `lengths_for_kernel` gave.
HEADWISE_DEVICE std::int64_t length_of(const kernel_lengths& lengths, std::int64_t b, std::int64_t tokens) {
  return lengths.count > 0 ? lengths.length[b] : length_of(lengths.memory, b, tokens);
}

}  // namespace headwise::cuda
