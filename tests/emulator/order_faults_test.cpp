// SPDX-License-Identifier: Apache-2.0
// Accesses to shared memory that no barrier orders, each beside its right twin. They are found in every order of the
// threads, also where the numbers happen to be right.
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

constexpr int threads = 128;

/// One block. Every thread stores one number.
std::vector<int> run(void (*kernel)(int*)) {
  device_array<int> found(threads);
  cuda::launch("planted", kernel, {1, threads, 4096}, nullptr, found.data());
  return found.values();
}

HEADWISE_DEVICE int* numbers() { return reinterpret_cast<int*>(cuda::shared_memory()); }
HEADWISE_DEVICE void give(int* found, int number) { cuda::store_global(found + cuda::thread_index(), number); }

enum class barrier { of_block, of_half, of_warp, shuffle, vote, none };

template <barrier Kind>
HEADWISE_DEVICE void come_together() {
  if constexpr (Kind == barrier::of_block) cuda::sync_block();
  if constexpr (Kind == barrier::of_half) cuda::sync_threads(1 + cuda::warp_index() / 2, 64);
  if constexpr (Kind == barrier::of_warp) cuda::sync_warp();
  if constexpr (Kind == barrier::shuffle) cuda::shuffle_xor(1, 1);
  if constexpr (Kind == barrier::vote) cuda::any_lane(true);
}

/// Every thread reads what the thread `Distance` further wrote.
template <barrier Kind, int Distance>
HEADWISE_KERNEL(threads, 1)
write_then_read(int* found) {
  const int thread = cuda::thread_index();
  cuda::store_shared(numbers() + thread, thread);
  come_together<Kind>();
  give(found, cuda::load_shared(numbers() + (thread ^ Distance)));
}

/// Every thread reads what was there and then somebody else writes there, as where a buffer is used again.
template <barrier Kind, int Distance>
HEADWISE_KERNEL(threads, 1)
read_then_write(int* found) {
  const int thread = cuda::thread_index();
  cuda::store_shared(numbers() + thread, thread);
  cuda::sync_block();
  const int number = cuda::load_shared(numbers() + (thread ^ Distance));
  come_together<Kind>();
  cuda::store_shared(numbers() + thread, -1);
  give(found, number);
}

/// Two threads write to the same place.
template <barrier Kind, int Distance>
HEADWISE_KERNEL(threads, 1)
write_then_write(int* found) {
  const int thread = cuda::thread_index();
  cuda::store_shared(numbers() + thread, thread);
  come_together<Kind>();
  cuda::store_shared(numbers() + (thread ^ Distance), thread ^ Distance);
  cuda::sync_block();
  give(found, cuda::load_shared(numbers() + (thread ^ Distance)));
}

template <int Distance>
void check_right(void (*kernel)(int*)) {
  for_many_seeds([&] {
    const std::vector<int> found = run(kernel);
    for (int thread = 0; thread < threads; ++thread)
      REQUIRE(found[static_cast<std::size_t>(thread)] == (thread ^ Distance));
  });
}

template <barrier Kind, int Distance>
void check_right() {
  check_right<Distance>(write_then_read<Kind, Distance>);
  check_right<Distance>(read_then_write<Kind, Distance>);
  check_right<Distance>(write_then_write<Kind, Distance>);
}

/// Which of two accesses comes second depends on the order of the threads.
template <barrier Kind, int Distance>
void check_faulty() {
  for (auto* kernel :
       {write_then_read<Kind, Distance>, read_then_write<Kind, Distance>, write_then_write<Kind, Distance>})
    check_always_faulty(", with no barrier between", [&] { run(kernel); });
}

TEST_CASE("accesses by different threads need a barrier that both come to") {
  check_right<barrier::none, 0>();
  check_faulty<barrier::none, 1>();
  check_faulty<barrier::none, 64>();

  check_right<barrier::of_warp, 31>();
  check_faulty<barrier::of_warp, 32>();

  check_right<barrier::of_half, 1>();
  check_right<barrier::of_half, 63>();
  check_faulty<barrier::of_half, 64>();

  check_right<barrier::of_block, 1>();
  check_right<barrier::of_block, 127>();
}

TEST_CASE("shuffles and votes order no memory") {
  check_faulty<barrier::shuffle, 1>();
  check_faulty<barrier::vote, 1>();
}

/// The upper half is told by the lower one, over a warp that comes to both barriers, or with one that is left out.
template <bool Chained>
HEADWISE_KERNEL(threads, 1)
pass_on(int* found) {
  const int warp = cuda::warp_index();
  if (warp == 0 && cuda::lane_index() == 0) cuda::store_shared(numbers(), 7);
  if (warp < 2) cuda::sync_threads(1, 64);
  if (warp == (Chained ? 1 : 2) || warp == 3) cuda::sync_threads(2, 64);
  give(found, warp == 3 ? cuda::load_shared(numbers()) : 0);
}

TEST_CASE("order passes on from barrier to barrier") {
  for_many_seeds([] { CHECK(run(pass_on<true>)[127] == 7); });
  check_always_faulty(", with no barrier between", [] { run(pass_on<false>); });
}

/// Every lane writes a row, which load_matrices gives to the other lanes.
template <barrier Kind>
HEADWISE_KERNEL(threads, 1)
write_then_load_matrices(int* found) {
  std::byte* row = cuda::shared_memory() + 16 * cuda::thread_index();
  for (int i = 0; i < 4; ++i) cuda::store_shared(reinterpret_cast<int*>(row) + i, 10 * cuda::thread_index() + i);
  come_together<Kind>();
  std::uint32_t matrix[4];
  cuda::load_matrices(matrix, place_of(row));
  give(found, static_cast<int>(matrix[0]));
}

TEST_CASE("load_matrices reads for the whole warp, also what its own lanes wrote") {
  for (auto* kernel : {write_then_load_matrices<barrier::of_warp>, write_then_load_matrices<barrier::of_block>})
    for_many_seeds([&] {
      const std::vector<int> found = run(kernel);
      for (int thread = 0; thread < threads; ++thread)
        REQUIRE(found[static_cast<std::size_t>(thread)] == 10 * (thread / 32 * 32 + thread % 32 / 4) + thread % 4);
    });
  check_always_faulty("with no barrier between", [] { run(write_then_load_matrices<barrier::none>); });
  check_always_faulty("with no barrier between", [] { run(write_then_load_matrices<barrier::vote>); });
}

/// Neighbours write the halves of a word, which is no conflict, and whole words are read from both.
template <bool Ordered>
HEADWISE_KERNEL(threads, 1)
write_halves(int* found) {
  const int thread = cuda::thread_index();
  cuda::store_shared(reinterpret_cast<std::uint16_t*>(cuda::shared_memory()) + thread,
                     static_cast<std::uint16_t>(thread));
  if constexpr (Ordered) cuda::sync_warp();
  give(found, cuda::load_shared(numbers() + thread / 2));
}

TEST_CASE("numbers of 16 bits side by side are told apart") {
  for_many_seeds([] {
    const std::vector<int> found = run(write_halves<true>);
    for (int thread = 0; thread < threads; ++thread) {
      const int even = thread / 2 * 2;
      REQUIRE(found[static_cast<std::size_t>(thread)] == (even | (even + 1) << 16));
    }
  });
  check_always_faulty("with no barrier between", [] { run(write_halves<false>); });
}

/// Accesses of 16 bytes and of 4 to the same place.
template <barrier Kind>
HEADWISE_KERNEL(threads, 1)
mix_sizes(int* found) {
  const int thread = cuda::thread_index();
  auto* rows = reinterpret_cast<cuda::four_words*>(cuda::shared_memory());
  cuda::store_shared(rows + thread, {{1, 2, 3, 4}});
  come_together<Kind>();
  cuda::store_shared(&rows[thread ^ 1].word[2], 5U);
  come_together<Kind>();
  give(found, static_cast<int>(cuda::load_shared(rows + thread).word[2]));
}

/// Every thread reads a part of what its neighbour wrote, and nothing else.
template <barrier Kind>
HEADWISE_KERNEL(threads, 1)
read_part(int* found) {
  const int thread = cuda::thread_index();
  auto* rows = reinterpret_cast<cuda::four_words*>(cuda::shared_memory());
  cuda::store_shared(rows + thread, {{1, 2, 3, 4}});
  come_together<Kind>();
  give(found, static_cast<int>(cuda::load_shared(&rows[thread ^ 1].word[2])));
}

TEST_CASE("a part of a wide access is not lost") {
  for_many_seeds([] { CHECK(run(read_part<barrier::of_warp>) == std::vector<int>(threads, 3)); });
  check_always_faulty("with no barrier between", [] { run(read_part<barrier::none>); });
  for_many_seeds([] { CHECK(run(mix_sizes<barrier::of_warp>) == std::vector<int>(threads, 5)); });
  check_always_faulty("with no barrier between", [] { run(mix_sizes<barrier::none>); });
}

/// Every block loads numbers and stores some: `shift` behind the place of the next block's.
HEADWISE_KERNEL(32, 1) pass_on(const float* from, float* to, int shift) {
  const std::int64_t i = 32 * cuda::block_index() + cuda::thread_index();
  cuda::store_global(to + i + shift, cuda::load_global(from + i));
}
HEADWISE_KERNEL(32, 1) copy_and_pass_on(const float* from, float* to, int shift) {
  std::byte* const place = cuda::shared_memory() + 16 * cuda::thread_index();
  const std::int64_t i = 4 * (32 * cuda::block_index() + cuda::thread_index());
  cuda::copy_async(place_of(place), from + i, true);
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
  cuda::store_global(to + i + shift, cuda::load_shared(reinterpret_cast<const float*>(place)));
}
HEADWISE_KERNEL(32, 1) store_all(const float*, float* to, int) { cuda::store_global(to + cuda::thread_index(), 1.0F); }
HEADWISE_KERNEL(32, 1) read_all(const float* from, float* to, int shift) {
  float sum = 0;
  for (int i = 0; i < 32 * cuda::block_count(); ++i) sum += cuda::load_global(from + i);
  cuda::store_global(to + shift + 32 * cuda::block_index() + cuda::thread_index(), sum);
}

TEST_CASE("blocks that write what other blocks of the launch read or write") {
  device_array<float> data(std::vector<float>(1024));
  const auto run = [&](void (*kernel)(const float*, float*, int), int blocks, int shift) {
    return fault_of([&] {
      cuda::launch("planted", kernel, {blocks, 32, 512}, nullptr, data.data(), data.data(), shift);
    });
  };
  for_many_seeds([&] {
    CHECK(run(pass_on, 3, 0).empty());
    CHECK(run(pass_on, 1, 32).empty());
    // Another launch comes behind.
    CHECK(run(pass_on, 3, 512).empty());
    CHECK(contains(run(pass_on, 3, 32), "global memory that another block "));
    CHECK(contains(run(pass_on, 3, 1), "global memory that another block "));
    CHECK(run(copy_and_pass_on, 3, 1).empty());
    CHECK(contains(run(copy_and_pass_on, 3, 128), "global memory that another block "));
    CHECK(run(store_all, 1, 0).empty());
    CHECK(contains(run(store_all, 2, 0), "writes global memory that another block writes"));
    CHECK(run(read_all, 3, 96).empty());
    CHECK(contains(run(read_all, 3, 64), "global memory that another block "));
  });
}

}  // namespace headwise::test
