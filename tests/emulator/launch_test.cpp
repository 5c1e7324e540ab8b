// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"

namespace headwise::test {

/// Each block sums its threads' numbers: in warps by shuffles, then through shared memory.
HEADWISE_KERNEL(128, 1) sum_blocks(HEADWISE_KERNEL_PARAMETER std::int64_t count, const float* x, float* sums) {
  const std::int64_t i = cuda::block_index() * cuda::threads_per_block() + cuda::thread_index();
  float sum = i < count ? cuda::load_global(x + i) : 0;
  for (int mask = cuda::warp_size / 2; mask > 0; mask /= 2) sum += cuda::shuffle_xor(sum, mask);
  auto* of_warps = reinterpret_cast<float*>(cuda::shared_memory());
  if (cuda::lane_index() == 0) cuda::store_shared(of_warps + cuda::warp_index(), sum);
  cuda::sync_block();
  if (cuda::thread_index() == 0) {
    float total = 0;
    for (int warp = 0; warp < cuda::threads_per_block() / cuda::warp_size; ++warp)
      total += cuda::load_shared(of_warps + warp);
    cuda::store_global(sums + cuda::block_index(), total);
  }
}

TEST_CASE("a kernel sums numbers over the threads of each block") {
  constexpr std::int64_t count = 1000;
  constexpr std::int64_t blocks = 8;
  std::vector<float> x(count);
  std::vector<float> expected(blocks);
  for (std::int64_t i = 0; i < count; ++i) {
    x[static_cast<std::size_t>(i)] = static_cast<float>(i * 7 % 31);
    expected[static_cast<std::size_t>(i / 128)] += x[static_cast<std::size_t>(i)];
  }
  auto* on_device = static_cast<float*>(cuda::allocate_device_memory(count * sizeof(float)));
  auto* sums = static_cast<float*>(cuda::allocate_device_memory(blocks * sizeof(float)));
  cuda::copy_to_device(on_device, x.data(), count * sizeof(float), nullptr);
  cuda::launch("sum_blocks", sum_blocks, {blocks, 128, 4 * sizeof(float)}, nullptr, count, on_device, sums);
  std::vector<float> found(blocks);
  cuda::copy_to_host(found.data(), sums, blocks * sizeof(float), nullptr);
  cuda::synchronize(nullptr);
  CHECK(found == expected);
  cuda::free_device_memory(sums);
  cuda::free_device_memory(on_device);
}

}  // namespace headwise::test
