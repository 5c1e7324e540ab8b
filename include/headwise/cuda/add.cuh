// SPDX-License-Identifier: Apache-2.0
// Sums of two rows of numbers. A thread has one number.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/feature_chunk.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/operations/head_checks.hpp"

namespace headwise::cuda {

/// What adding reads and writes.
template <typename T>
struct added_numbers {
  const T* numbers;
  T* sums;
  std::int64_t count;
};

/// Threads of a block that adds numbers.
inline constexpr int add_threads = 256;

/// A thread for every number.
template <typename T>
HEADWISE_KERNEL(add_threads, 1)
add_to_sums(HEADWISE_KERNEL_PARAMETER added_numbers<T> tensors) {
  const std::int64_t i = block_index() * add_threads + thread_index();
  if (i >= tensors.count) return;
  const auto sum = static_cast<sum_type<T>>(load_global<T>(tensors.sums + i));
  store_global(tensors.sums + i, static_cast<T>(sum + static_cast<sum_type<T>>(load_global(tensors.numbers + i))));
}

/// sums[i] += numbers[i].
template <typename T>
void add(std::type_identity_t<std::span<const T>> numbers, std::span<T> sums, cuda_workspace& workspace) {
  headwise::detail::check_add(numbers, sums);
  const auto count = static_cast<std::int64_t>(sums.size());
  workspace.launch("add", add_to_sums<T>, {.blocks = blocks_of(count, add_threads), .threads = add_threads},
                   {numbers.data(), sums.data(), count});
}

}  // namespace headwise::cuda
