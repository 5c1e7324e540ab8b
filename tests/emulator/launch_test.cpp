// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"

namespace headwise::test {

struct thread_place {
  std::int16_t thread;
  std::int16_t lane;
  std::int16_t warp;
  std::int16_t block;
};

HEADWISE_KERNEL(96, 1) say_who(thread_place* places) {
  const std::int64_t i = cuda::block_index() * cuda::threads_per_block() + cuda::thread_index();
  cuda::store_global(places + i,
                     {static_cast<std::int16_t>(cuda::thread_index()), static_cast<std::int16_t>(cuda::lane_index()),
                      static_cast<std::int16_t>(cuda::warp_index()), static_cast<std::int16_t>(cuda::block_index())});
}

TEST_CASE("an instruction outside of a kernel is a fault") {
  CHECK(contains(fault_of([] { cuda::sync_block(); }), "outside of a kernel"));
}

TEST_CASE("every thread of every block runs once and knows who it is") {
  device_array<thread_place> places(5 * 96);
  cuda::launch("say_who", say_who, {5, 96}, nullptr, places.data());
  const auto found = places.values();
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].thread == static_cast<int>(i % 96));
    CHECK(found[i].lane == static_cast<int>(i % 32));
    CHECK(found[i].warp == static_cast<int>(i % 96 / 32));
    CHECK(found[i].block == static_cast<int>(i / 96));
  }
}

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

TEST_CASE("a kernel sums numbers over the threads of each block, in every order of threads and blocks") {
  constexpr std::size_t count = 1000;
  std::vector<float> x(count);
  std::vector<float> expected(8);
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = static_cast<float>(i * 7 % 31);
    expected[i / 128] += x[i];
  }
  device_array<float> on_device(x);
  device_array<float> sums(expected.size());
  for_many_seeds([&] {
    cuda::launch("sum_blocks", sum_blocks, {8, 128, 4 * sizeof(float)}, nullptr, std::int64_t{count}, on_device.data(),
                 sums.data());
    CHECK(sums.values() == expected);
  });
}

/// Who comes first writes 0, the next one 1.
HEADWISE_KERNEL(32, 1) number_in_order(int* come, int* order) {
  order[cuda::block_index() * cuda::threads_per_block() + cuda::thread_index()] = (*come)++;
}

std::vector<int> order_of(std::int64_t blocks, std::uint64_t seed) {
  const std::uint64_t before = emulator::seed();
  emulator::set_seed(seed);
  int come = 0;
  std::vector<int> order(static_cast<std::size_t>(blocks) * 32);
  cuda::launch("number_in_order", number_in_order, {blocks, 32}, nullptr, &come, order.data());
  emulator::set_seed(before);
  return order;
}

TEST_CASE("the seed decides on the order of threads and of blocks") {
  CHECK(order_of(1, 3) == order_of(1, 3));
  CHECK(order_of(1, 3) != order_of(1, 4));
  std::set<int> first_of_block_0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const std::vector<int> order = order_of(6, seed);
    first_of_block_0.insert(*std::min_element(order.begin(), order.begin() + 32));
  }
  CHECK(first_of_block_0 == std::set<int>{0, 32, 64, 96, 128, 160});
}

HEADWISE_KERNEL(32, 1) launch_another(float* data) {
  cuda::launch("another", sum_blocks, {1, 32, 128}, nullptr, std::int64_t{0}, data, data);
}

TEST_CASE("kernels launch no kernels") {
  device_array<float> data(1);
  CHECK(contains(fault_of([&] {
                   cuda::launch("launch_another", launch_another, {1, 32}, nullptr, data.data());
                 }),
                 "kernel another is launched by a kernel"));
}

TEST_CASE("threads of the host may launch at the same time") {
  std::vector<std::thread> hosts;
  std::vector<int> right(4);
  for (std::size_t host = 0; host < right.size(); ++host)
    hosts.emplace_back([&right, host] {
      device_array<float> x(std::vector<float>(256, static_cast<float>(host)));
      device_array<float> sums(2);
      for (int i = 0; i < 20; ++i) {
        cuda::launch("sum_blocks", sum_blocks, {2, 128, 16}, nullptr, std::int64_t{256}, x.data(), sums.data());
        if (sums.values() == std::vector<float>(2, 128.0F * static_cast<float>(host))) ++right[host];
      }
    });
  for (std::thread& host : hosts) host.join();
  CHECK(right == std::vector<int>(4, 20));
}

HEADWISE_KERNEL(32, 1) read_before_writing(float* found) {
  auto* shared = reinterpret_cast<float*>(cuda::shared_memory()) + cuda::thread_index();
  cuda::store_global(found + cuda::block_index() * cuda::threads_per_block() + cuda::thread_index(),
                     cuda::load_shared(shared));
  cuda::store_shared(shared, 5.0F);
}

TEST_CASE("memory of the device, and of each block anew, begins as NaN") {
  device_array<float> found(3 * 32);
  for (const float x : found.values()) CHECK(std::isnan(x));
  cuda::fill_with_zeros(found.data(), 3 * 32 * sizeof(float), nullptr);
  CHECK(found.values() == std::vector<float>(3 * 32));
  cuda::launch("read_before_writing", read_before_writing, {3, 32, 32 * sizeof(float)}, nullptr, found.data());
  for (const float x : found.values()) CHECK(std::isnan(x));
}

HEADWISE_KERNEL(64, 1) throw_or_wait(std::shared_ptr<int> held) {
  const std::vector<std::shared_ptr<int>> more(3, held);
  if (cuda::thread_index() == 40) throw std::runtime_error("from a policy");
  cuda::sync_block();
}

TEST_CASE("what a thread throws comes out of the launch, after all threads have been unwound") {
  const auto held = std::make_shared<int>(7);
  for_many_seeds([&] {
    CHECK_THROWS_WITH_AS(cuda::launch("throw_or_wait", throw_or_wait, {2, 64}, nullptr, held), "from a policy",
                         std::runtime_error);
    CHECK(held.use_count() == 1);
  });
}

}  // namespace headwise::test
