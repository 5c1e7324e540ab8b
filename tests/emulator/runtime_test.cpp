// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/runtime.cuh"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "emulator/settings.hpp"
#include "headwise/cuda/instructions.cuh"

namespace headwise::test {

HEADWISE_KERNEL(32, 1) count_blocks(int* count) {
  if (cuda::thread_index() == 0) ++*count;
}

/// How often the kernel runs where 3 blocks are asked for; the text of the error if there is one.
std::string launch_error(const cuda::launch_shape& shape, int& count) {
  try {
    cuda::launch("count_blocks", count_blocks, shape, nullptr, &count);
  } catch (const error& refused) {
    return refused.what();
  }
  return "";
}

TEST_CASE("memory is aligned, of the size that was asked for, and nothing for nothing") {
  void* memory = cuda::allocate_device_memory(1000);
  CHECK(reinterpret_cast<std::uintptr_t>(memory) % 256 == 0);
  const std::vector<char> x(1000, 'x');
  cuda::copy_to_device(memory, x.data(), 1000, nullptr);
  CHECK_THROWS_WITH_AS(cuda::copy_to_device(memory, x.data(), 1001, nullptr),
                       "headwise: copy to the device is cudaErrorInvalidValue (invalid argument), needed: cudaSuccess",
                       error);
  cuda::free_device_memory(memory);
  CHECK(cuda::allocate_device_memory(0) == nullptr);
  cuda::free_device_memory(nullptr);
}

TEST_CASE("copies carry numbers to the device, about it and back") {
  device_array<int> a(std::vector<int>{1, 2, 3, 4});
  device_array<int> b(4);
  cuda::copy_on_device(b.data(), a.data(), 4 * sizeof(int), nullptr);
  cuda::fill_with_zeros(a.data() + 1, 2 * sizeof(int), nullptr);
  CHECK(a.values() == std::vector<int>{1, 0, 0, 4});
  CHECK(b.values() == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("the host finds nothing at an address of the device") {
  const std::vector<int> values = {1, 2, 3, 4};
  device_array<int> device(values);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  // The system says so where a program would end.
  CHECK(write(ends[1], device.data(), sizeof(int)) == -1);
  CHECK(errno == EFAULT);
  CHECK(write(ends[1], emulator::place_on_host(device.data()), sizeof(int)) == sizeof(int));
  int found = 0;
  CHECK(read(ends[0], &found, sizeof(int)) == sizeof(int));
  CHECK(found == 1);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("copies of nothing may be between nowhere") {
  cuda::copy_to_device(nullptr, nullptr, 0, nullptr);
  cuda::copy_to_host(nullptr, nullptr, 0, nullptr);
  cuda::copy_on_device(nullptr, nullptr, 0, nullptr);
  cuda::fill_with_zeros(nullptr, 0, nullptr);
}

TEST_CASE("memory of the host is not taken for the device's") {
  std::vector<int> host(4);
  device_array<int> device(4);
  constexpr std::size_t bytes = 4 * sizeof(int);
  CHECK_THROWS_AS(cuda::copy_to_device(host.data(), host.data(), bytes, nullptr), error);
  CHECK_THROWS_AS(cuda::copy_to_host(host.data(), host.data(), bytes, nullptr), error);
  CHECK_THROWS_AS(cuda::copy_on_device(device.data(), host.data(), bytes, nullptr), error);
  CHECK_THROWS_AS(cuda::copy_on_device(host.data(), device.data(), bytes, nullptr), error);
  CHECK_THROWS_AS(cuda::fill_with_zeros(host.data(), bytes, nullptr), error);
}

TEST_CASE("launches that the device refuses") {
  int count = 0;
  CHECK(launch_error({3, 32}, count).empty());
  CHECK(count == 3);
  CHECK(launch_error({0, 32}, count).empty());
  CHECK(contains(launch_error({1, 0}, count), "count_blocks is cudaErrorInvalidConfiguration"));
  CHECK(contains(launch_error({1, 1056}, count), "count_blocks is cudaErrorInvalidConfiguration"));
  CHECK(contains(launch_error({std::int64_t{1} << 31, 32}, count), "count_blocks is of 2147483648 blocks"));
  CHECK(launch_error({1, 32, 163 * 1024 + 1}, count) ==
        "headwise: count_blocks is of 166913 bytes of shared memory a block, needed: at most 166912 on this device");
  CHECK(count == 3);
  CHECK(launch_error({1, 1024, 163 * 1024}, count).empty());
  CHECK(count == 4);
  emulator::set_most_shared_bytes(99 * 1024);
  CHECK_FALSE(launch_error({1, 32, 100 * 1024}, count).empty());
  emulator::set_most_shared_bytes(163 * 1024);
}

TEST_CASE("requests fail when a test asks for it, once") {
  int count = 0;
  emulator::fail_next_launch();
  CHECK(contains(launch_error({1, 32}, count), "count_blocks is cudaErrorLaunchOutOfResources"));
  CHECK(count == 0);
  CHECK(launch_error({1, 32}, count).empty());
  CHECK(count == 1);

  emulator::fail_next_allocation(1);
  void* first = cuda::allocate_device_memory(8);
  CHECK_THROWS_WITH_AS(cuda::allocate_device_memory(8),
                       "headwise: device memory is cudaErrorMemoryAllocation (out of memory), needed: cudaSuccess",
                       error);
  cuda::free_device_memory(first);
  cuda::free_device_memory(cuda::allocate_device_memory(8));

  device_array<int> numbers(1);
  emulator::fail_next(emulator::request::copy);
  CHECK_THROWS_AS(cuda::fill_with_zeros(numbers.data(), sizeof(int), nullptr), error);
  cuda::fill_with_zeros(numbers.data(), sizeof(int), nullptr);

  emulator::fail_next(emulator::request::synchronization);
  CHECK_THROWS_AS(cuda::synchronize(nullptr), error);
  cuda::synchronize(nullptr);
}

}  // namespace headwise::test
