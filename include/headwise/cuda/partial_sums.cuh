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

/// Sums per slice, [rows][count], and where their sum is added, or where it is put as the partial sums of the next
/// stage.
template <typename T>
struct partial_sums {
  sum_type<T>* partial;
  std::int64_t rows;
  std::int64_t count;
  T* total;
  sum_type<T>* next;
};

/// Threads of a block that adds partial sums.
inline constexpr int partial_threads = 512;
/// Rows that a block adds. More of them are added by several blocks, and their sums in a second stage.
inline constexpr std::int64_t most_partial_rows = 512;
/// Rows of a block in the first one of two stages.
inline constexpr std::int64_t staged_partial_rows = 64;

/// The parts that the rows are cut into, a block for each.
constexpr std::int64_t parts_of_partials(std::int64_t rows) {
  return rows <= most_partial_rows ? 1 : blocks_of(rows, staged_partial_rows);
}

/// One lane for every sum of a part of the rows, which the warps of a block share.
template <bool IsLast, typename T>
HEADWISE_KERNEL(partial_threads, 1)
add_partials(HEADWISE_KERNEL_PARAMETER partial_sums<T> sums) {
  using real = sum_type<T>;
  constexpr int warps = partial_threads / warp_size;
  auto* const shared = reinterpret_cast<real*>(shared_memory());
  const std::int64_t blocks = blocks_of(sums.count, warp_size);
  const std::int64_t part = block_index() / blocks;
  const std::int64_t index = (block_index() - part * blocks) * warp_size + lane_index();
  const std::int64_t begin = IsLast ? 0 : part * staged_partial_rows;
  const std::int64_t end = IsLast || begin + staged_partial_rows > sums.rows ? sums.rows : begin + staged_partial_rows;
  const bool live = index < sums.count;
  real sum = 0;
  if (live)
    for (std::int64_t row = begin + warp_index(); row < end; row += warps)
      sum += load_global(sums.partial + row * sums.count + index);
  store_shared(shared + thread_index(), sum);
  sync_block();
  if (warp_index() > 0 || !live) return;
  real total = IsLast ? static_cast<real>(load_global(sums.total + index)) : real(0);
  for (int warp = 0; warp < warps; ++warp) total += load_shared(shared + warp * warp_size + lane_index());
  if constexpr (IsLast) {
    store_global(sums.total + index, static_cast<T>(total));
  } else {
    store_global(sums.next + part * sums.count + index, total);
  }
}

/// Scratch for partial sums [rows][count] to be filled and added to `total`.
template <typename T>
partial_sums<T> take_partials(std::int64_t rows, std::int64_t count, T* total, cuda_workspace::frame& frame) {
  const std::int64_t parts = parts_of_partials(rows);
  auto* const partial = frame.template take<sum_type<T>>(rows * count);
  return {partial, rows, count, total, parts == 1 ? nullptr : frame.template take<sum_type<T>>(parts * count)};
}

/// Adds the sums of all rows, always in the same order.
template <typename T>
void launch_add_partials(partial_sums<T> sums, cuda_workspace& workspace) {
  if (sums.rows == 0) return;
  const std::int64_t blocks = blocks_of(sums.count, warp_size);
  constexpr std::size_t shared_bytes = partial_threads * sizeof(sum_type<T>);
  if (const std::int64_t parts = parts_of_partials(sums.rows); parts > 1) {
    workspace.launch("gather_partials", add_partials<false, T>,
                     {.blocks = blocks * parts, .threads = partial_threads, .shared_bytes = shared_bytes}, sums);
    sums.partial = sums.next;
    sums.rows = parts;
  }
  workspace.launch("add_partials", add_partials<true, T>,
                   {.blocks = blocks, .threads = partial_threads, .shared_bytes = shared_bytes}, sums);
}

}  // namespace headwise::cuda
