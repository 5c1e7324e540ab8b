// SPDX-License-Identifier: Apache-2.0
#include "emulator/statistics.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"
#include "support/shared_places.hpp"

namespace headwise::test {

constexpr std::size_t shared_bytes = 16384;

/// What one warp does that runs the kernel once.
template <typename... Parameters, typename... Arguments>
emulator::statistics counts_of(void (*kernel)(Parameters...), Arguments... arguments) {
  emulator::count_from_now();
  cuda::launch("counted", kernel, {1, 32, shared_bytes}, nullptr, arguments...);
  emulator::stop_counting();
  return emulator::statistics_of("counted");
}

template <typename T>
HEADWISE_KERNEL(32, 1)
store_and_load_shared(int stride) {
  T* place = reinterpret_cast<T*>(cuda::shared_memory() + cuda::lane_index() * stride);
  // All lanes read one place where the stride is 0, and only one may write there.
  if (stride > 0 || cuda::lane_index() == 0) cuda::store_shared(place, T{});
  cuda::sync_warp();
  cuda::load_shared(place);
}

template <typename T>
void check_shared(int stride, std::int64_t conflicts) {
  CAPTURE(stride);
  const emulator::statistics found = counts_of(store_and_load_shared<T>, stride);
  CHECK(found.shared_stores.instructions == 1);
  CHECK(found.shared_stores.conflicts == conflicts);
  CHECK(found.shared_loads.instructions == 1);
  CHECK(found.shared_loads.conflicts == conflicts);
}

TEST_CASE("bank conflicts of the strides of a warp") {
  check_shared<float>(4, 0);
  check_shared<float>(8, 1);
  check_shared<float>(12, 0);
  check_shared<float>(128, 31);
  check_shared<float>(132, 0);
  check_shared<float>(0, 0);
  // Two lanes share a word.
  check_shared<std::uint16_t>(2, 0);
  check_shared<std::uint16_t>(128, 31);
  // Half a warp at a time.
  check_shared<std::uint64_t>(8, 0);
  check_shared<std::uint64_t>(16, 2);
  check_shared<std::uint64_t>(128, 2 * 15);
  // A quarter of a warp at a time.
  check_shared<cuda::four_words>(16, 0);
  check_shared<cuda::four_words>(32, 4);
  check_shared<cuda::four_words>(128, 4 * 7);
  check_shared<cuda::four_words>(144, 0);
  check_shared<cuda::four_words>(0, 0);
}

HEADWISE_KERNEL(32, 1) load_rows(int stride) {
  std::uint32_t matrix[4];
  cuda::load_matrices(matrix, place_of(cuda::shared_memory() + cuda::lane_index() * stride));
  cuda::load_matrices_transposed(matrix, place_of(cuda::shared_memory() + cuda::lane_index() * stride));
}

TEST_CASE("bank conflicts of matrix loads") {
  const auto conflicts = [](int stride) {
    const emulator::statistics found = counts_of(load_rows, stride);
    CHECK(found.matrix_loads.instructions == 2);
    return found.matrix_loads.conflicts;
  };
  CHECK(conflicts(16) == 0);
  CHECK(conflicts(32) == 2 * 4);
  CHECK(conflicts(128) == 2 * 4 * 7);
  CHECK(conflicts(144) == 0);
  CHECK(conflicts(256) == 2 * 4 * 7);
}

template <typename T>
HEADWISE_KERNEL(32, 1)
load_and_store_global(T* data, int first, int stride) {
  T* place = data + first + cuda::lane_index() * stride;
  const T value = cuda::load_global(place);
  if (stride > 0 || cuda::lane_index() == 0) cuda::store_global(place, value);
}

template <typename T>
void check_global(int first, int stride, std::int64_t sectors, std::int64_t fewest) {
  CAPTURE(first);
  CAPTURE(stride);
  device_array<T> data(std::vector<T>(2048));
  const emulator::statistics found = counts_of(load_and_store_global<T>, data.data(), first, stride);
  for (const emulator::global_traffic& traffic : {found.global_loads, found.global_stores}) {
    CHECK(traffic.instructions == 1);
    CHECK(traffic.sectors == sectors);
    CHECK(traffic.fewest_sectors == fewest);
  }
}

TEST_CASE("sectors of global memory") {
  check_global<float>(0, 1, 4, 4);
  check_global<float>(4, 1, 5, 4);
  check_global<float>(0, 2, 8, 4);
  check_global<float>(0, 8, 32, 4);
  check_global<float>(0, 64, 32, 4);
  check_global<float>(5, 0, 1, 1);
  check_global<std::uint16_t>(0, 1, 2, 2);
  check_global<std::uint16_t>(8, 1, 3, 2);
  check_global<std::uint64_t>(0, 1, 8, 8);
  check_global<cuda::four_words>(0, 1, 16, 16);
  check_global<cuda::four_words>(1, 1, 17, 16);
  check_global<cuda::four_words>(0, 2, 32, 16);
}

HEADWISE_KERNEL(32, 1) copy_some(const float* data, int global_stride, int shared_stride, int wanted) {
  cuda::copy_async(place_of(cuda::shared_memory() + cuda::lane_index() * shared_stride),
                   data + cuda::lane_index() * global_stride, cuda::lane_index() < wanted);
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
}

TEST_CASE("both ends of copies") {
  device_array<float> data(std::vector<float>(2048));
  const auto found = [&](int global_stride, int shared_stride, int wanted) {
    return counts_of(copy_some, data.data(), global_stride, shared_stride, wanted);
  };
  const emulator::statistics best = found(4, 16, 32);
  CHECK(best.copies_to_shared.instructions == 1);
  CHECK(best.copies_to_shared.conflicts == 0);
  CHECK(best.copies_from_global.instructions == 1);
  CHECK(best.copies_from_global.sectors == 16);
  CHECK(best.copies_from_global.fewest_sectors == 16);
  const emulator::statistics worst = found(32, 128, 32);
  CHECK(worst.copies_to_shared.conflicts == 4 * 7);
  CHECK(worst.copies_from_global.sectors == 32);
  CHECK(worst.copies_from_global.fewest_sectors == 16);
  const emulator::statistics half = found(4, 16, 16);
  CHECK(half.copies_to_shared.instructions == 1);
  CHECK(half.copies_from_global.sectors == 8);
  const emulator::statistics none = found(4, 16, 0);
  CHECK(none.copies_to_shared.instructions == 1);
  CHECK(none.copies_from_global.instructions == 0);
}

HEADWISE_KERNEL(64, 1) do_some_of_all(int times) {
  float c[4] = {};
  const std::uint32_t a[4] = {};
  for (int i = 0; i < times; ++i) {
    cuda::multiply_add<bfloat16>(c, a, 0, 0);
    cuda::sync_block();
    if (cuda::warp_index() == 0) cuda::multiply_add<float16>(c, a, 0, 0);
    cuda::sync_threads(1 + cuda::warp_index(), 32);
  }
  cuda::sync_block();
}

TEST_CASE("launches, blocks, barriers and products are counted by the kernel's name") {
  emulator::count_from_now();
  for (int i = 0; i < 2; ++i) cuda::launch("first", do_some_of_all, {3, 64}, nullptr, 4);
  cuda::launch("second", do_some_of_all, {1, 64}, nullptr, 1);
  emulator::stop_counting();
  cuda::launch("second", do_some_of_all, {1, 64}, nullptr, 1);
  const emulator::statistics first = emulator::statistics_of("first");
  CHECK(first.launches == 2);
  CHECK(first.blocks == 6);
  CHECK(first.block_barriers == 6 * 5);
  CHECK(first.named_barriers == 6 * 4 * 2);
  CHECK(first.multiply_adds == 6 * 4 * 3);
  const emulator::statistics second = emulator::statistics_of("second");
  CHECK(second.launches == 1);
  CHECK(second.multiply_adds == 3);
  CHECK(emulator::statistics_of("third").launches == 0);
  emulator::count_from_now();
  CHECK(emulator::statistics_of("first").launches == 0);
  emulator::stop_counting();
}

/// Lanes go through the loop as often as their rows are long; row r has 1 + r % 3 numbers.
HEADWISE_KERNEL(32, 1) load_ragged(const float* data) {
  for (int i = 0; i < 1 + cuda::lane_index() % 3; ++i) cuda::load_global(data + 32 * i + cuda::lane_index());
}

/// Two accesses in one line, and the same line for two reasons.
HEADWISE_DEVICE float load_two(const float* data) { return cuda::load_global(data) + cuda::load_global(data + 32); }
HEADWISE_KERNEL(32, 1) load_four(const float* data) {
  load_two(data + cuda::lane_index());
  load_two(data + 8 * cuda::lane_index());
}

TEST_CASE("accesses of the lanes are put together by their turn in every order of the threads") {
  device_array<float> data(std::vector<float>(1024));
  for_many_seeds([&] {
    const emulator::statistics ragged = counts_of(load_ragged, data.data());
    CHECK(ragged.global_loads.instructions == 3);
    // All 32 numbers; then 21 and 10 of them, which lie in all sectors.
    CHECK(ragged.global_loads.sectors == 3 * 4);
    CHECK(ragged.global_loads.fewest_sectors == 4 + 3 + 2);
    const emulator::statistics four = counts_of(load_four, data.data());
    CHECK(four.global_loads.instructions == 4);
    CHECK(four.global_loads.sectors == 2 * 4 + 2 * 32);
    CHECK(four.global_loads.fewest_sectors == 4 * 4);
  });
}

TEST_CASE("accesses are listed by their place") {
  device_array<float> data(std::vector<float>(1024));
  counts_of(load_ragged, data.data());
  const std::string listed = emulator::accesses_of("counted");
  CAPTURE(listed);
  CHECK(contains(listed, "statistics_test.cpp:"));
  CHECK(contains(listed, ": load_global, 3 times, 12 sectors, fewest 9\n"));
  counts_of(store_and_load_shared<float>, 128);
  CHECK(contains(emulator::accesses_of("counted"), ": store_shared, 1 times, 31 conflicts\n"));
  CHECK(contains(emulator::accesses_of("another"), "no launch of another was counted"));
}

}  // namespace headwise::test
