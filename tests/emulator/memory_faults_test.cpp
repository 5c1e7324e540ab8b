// SPDX-License-Identifier: Apache-2.0
// Accesses that lie where they must not, each beside its right twin.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"
#include "support/shared_places.hpp"

namespace headwise::test {

constexpr std::size_t shared_bytes = 1024;

/// One block of 64 threads.
void run(void (*kernel)(float*, int), float* data, int parameter) {
  cuda::launch("planted", kernel, {1, 64, shared_bytes}, nullptr, data, parameter);
}

HEADWISE_KERNEL(64, 1) add_one_to_some(float* data, int count) {
  for (int i = cuda::thread_index(); i < count; i += cuda::threads_per_block())
    cuda::store_global(data + i, cuda::load_global(data + i) + 1);
}

HEADWISE_KERNEL(64, 1) overwrite_some(float* data, int count) {
  for (int i = cuda::thread_index(); i < count; i += cuda::threads_per_block()) cuda::store_global(data + i, 1.0F);
}

TEST_CASE("a tail that goes one number too far") {
  device_array<float> data(std::vector<float>(100));
  for_many_seeds([&] { run(add_one_to_some, data.data(), 100); });
  CHECK(data.values() == std::vector<float>(100, 40.0F));
  check_always_faulty("load_global of 4 bytes outside of all device memory",
                      [&] { run(add_one_to_some, data.data(), 101); });
  check_always_faulty("store_global of 4 bytes outside of all device memory",
                      [&] { run(overwrite_some, data.data(), 101); });
}

TEST_CASE("a kernel that is given memory of the host, or memory that was given back") {
  std::vector<float> data(100);
  check_always_faulty("outside of all device memory", [&] { run(add_one_to_some, data.data(), 100); });
  float* gone = device_array<float>(100).data();
  check_always_faulty("outside of all device memory", [&] { run(add_one_to_some, gone, 100); });
}

/// An access of 8 bytes to `offset` bytes behind a multiple of 256.
HEADWISE_KERNEL(64, 1) load_at_offset(float* data, int offset) {
  cuda::load_global(reinterpret_cast<const std::uint64_t*>(reinterpret_cast<const std::byte*>(data) + offset));
}
HEADWISE_KERNEL(64, 1) load_shared_at_offset(float*, int offset) {
  if (cuda::thread_index() == 0)
    cuda::store_shared(reinterpret_cast<std::uint64_t*>(cuda::shared_memory() + offset), std::uint64_t{1});
  cuda::sync_block();
  cuda::load_shared(reinterpret_cast<const std::uint64_t*>(cuda::shared_memory() + offset));
}
HEADWISE_KERNEL(64, 1) load_matrices_at_offset(float*, int offset) {
  std::uint32_t matrix[4];
  cuda::load_matrices(matrix, place_of(cuda::shared_memory() + offset + 16 * cuda::lane_index()));
}
HEADWISE_KERNEL(64, 1) copy_from_offset(float* data, int offset) {
  cuda::copy_async(place_of(cuda::shared_memory() + 16 * cuda::thread_index()),
                   reinterpret_cast<const std::byte*>(data) + offset, true);
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
}
HEADWISE_KERNEL(64, 1) copy_to_offset(float* data, int offset) {
  if (cuda::thread_index() == 0) cuda::copy_async(place_of(cuda::shared_memory() + offset), data, true);
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
}
/// What is not wanted may lie anywhere.
HEADWISE_KERNEL(64, 1) copy_none_from_offset(float* data, int offset) {
  cuda::copy_async(place_of(cuda::shared_memory() + 16 * cuda::thread_index()),
                   reinterpret_cast<const std::byte*>(data) + offset, false);
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
}

TEST_CASE("accesses to addresses that are no multiple of their size") {
  device_array<float> data(std::vector<float>(100));
  const auto faulty = [&](void (*kernel)(float*, int), int offset) {
    check_always_faulty("no multiple", [&] { run(kernel, data.data(), offset); });
  };
  const auto right = [&](void (*kernel)(float*, int), int offset) {
    for_many_seeds([&] { CHECK(fault_of([&] { run(kernel, data.data(), offset); }).empty()); });
  };
  right(load_at_offset, 8);
  faulty(load_at_offset, 4);
  faulty(load_at_offset, 1);
  right(load_shared_at_offset, 8);
  faulty(load_shared_at_offset, 4);
  right(load_matrices_at_offset, 16);
  faulty(load_matrices_at_offset, 8);
  right(copy_from_offset, 16);
  faulty(copy_from_offset, 8);
  right(copy_to_offset, 16);
  faulty(copy_to_offset, 8);
  right(copy_none_from_offset, 16);
  faulty(copy_none_from_offset, 8);
}

TEST_CASE("accesses past the shared memory that the launch asked for") {
  device_array<float> data(std::vector<float>(100));
  const auto faulty = [&](void (*kernel)(float*, int), int offset) {
    check_always_faulty("of 1024 bytes of shared memory", [&] { run(kernel, data.data(), offset); });
  };
  constexpr int bytes = shared_bytes;
  CHECK(fault_of([&] { run(load_shared_at_offset, data.data(), bytes - 8); }).empty());
  faulty(load_shared_at_offset, bytes);
  faulty(load_shared_at_offset, bytes - 4);
  faulty(load_shared_at_offset, -8);
  CHECK(fault_of([&] { run(load_matrices_at_offset, data.data(), bytes - 512); }).empty());
  faulty(load_matrices_at_offset, bytes - 496);
  CHECK(fault_of([&] { run(copy_to_offset, data.data(), bytes - 16); }).empty());
  faulty(copy_to_offset, bytes);
}

TEST_CASE("copies from beyond an array, but for those that are not wanted") {
  device_array<float> data(std::vector<float>(100));
  CHECK(fault_of([&] { run(copy_from_offset, data.data(), 400 - 16); }).empty());
  check_always_faulty("copy_async of 16 bytes outside of all device memory",
                      [&] { run(copy_from_offset, data.data(), 400); });
  CHECK(fault_of([&] { run(copy_none_from_offset, data.data(), 400); }).empty());
  CHECK(fault_of([&] { run(copy_none_from_offset, nullptr, 0); }).empty());
}

}  // namespace headwise::test
