// SPDX-License-Identifier: Apache-2.0
// Sums of partial sums. A lane has one column of them and every warp of the block its share of the rows; what the warps
// have is added up, in their order, through shared memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/host_device.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

/// The tokens of a batch, one sequence behind the other, in slices: what a block sums up. They are cut by the number of
/// tokens alone, so that sums do not depend on the device.
struct token_slices {
  static constexpr std::int64_t most = 512;

  std::int64_t tokens;
  /// Tokens that are worth a block.
  int least;

  /// Tokens of a slice; the last one may have fewer.
  HEADWISE_HOST_DEVICE constexpr std::int64_t size() const {
    const std::int64_t even = (tokens + most - 1) / most;
    return even > least ? even : least;
  }
  HEADWISE_HOST_DEVICE constexpr std::int64_t count() const { return (tokens + size() - 1) / size(); }
};

/// Sums per slice, [rows][count], and where their sum is added.
template <typename T>
struct partial_sums {
  const sum_type<T>* partial;
  std::int64_t rows;
  std::int64_t count;
  T* total;
};

/// One lane for every sum, the warps of a block share its rows.
template <int Threads, typename T>
HEADWISE_KERNEL(Threads, 1)
add_partials(HEADWISE_KERNEL_PARAMETER partial_sums<T> sums) {
  using real = sum_type<T>;
  auto* const shared = reinterpret_cast<real*>(shared_memory());
  const std::int64_t index = block_index() * warp_size + lane_index();
  const bool live = index < sums.count;
  real sum = 0;
  if (live)
    for (std::int64_t row = warp_index(); row < sums.rows; row += Threads / warp_size)
      sum += load_global(sums.partial + row * sums.count + index);
  store_shared(shared + thread_index(), sum);
  sync_block();
  if (warp_index() > 0 || !live) return;
  real total = static_cast<real>(load_global(sums.total + index));
  for (int warp = 0; warp < Threads / warp_size; ++warp) total += load_shared(shared + warp * warp_size + lane_index());
  store_global(sums.total + index, static_cast<T>(total));
}

/// Adds the sums of all rows, always in the same order.
template <typename T>
void launch_add_partials(const partial_sums<T>& sums, cuda_workspace& workspace) {
  constexpr int threads = 512;
  if (sums.rows == 0) return;
  workspace.launch(
      "add_partials", add_partials<threads, T>,
      {.blocks = blocks_of(sums.count, warp_size), .threads = threads, .shared_bytes = threads * sizeof(sum_type<T>)},
      sums);
}

}  // namespace headwise::cuda
