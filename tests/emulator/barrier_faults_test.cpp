// SPDX-License-Identifier: Apache-2.0
// Barriers and collectives that are misused, each beside its right twin.
#include <doctest/doctest.h>

#include <string>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"

namespace headwise::test {

/// Launches it with one block of 128 threads and 1 KB of shared memory.
void run(void (*kernel)(int), int parameter) { cuda::launch("planted", kernel, {1, 128, 1024}, nullptr, parameter); }

void check_always_right(void (*kernel)(int), int parameter) {
  for_many_seeds([&] { CHECK(fault_of([&] { run(kernel, parameter); }).empty()); });
}

HEADWISE_KERNEL(128, 1) wait_below(int threads) {
  if (cuda::thread_index() < threads) cuda::sync_block();
}

TEST_CASE("a barrier of the block that some threads pass by") {
  check_always_right(wait_below, 0);
  check_always_right(wait_below, 128);
  for (const int threads : {1, 64, 127}) {
    check_always_faulty(std::to_string(threads) + " of 128 threads wait in sync_block at ",
                        [&] { run(wait_below, threads); });
    check_always_faulty(std::to_string(128 - threads) + " of 128 have ended", [&] { run(wait_below, threads); });
  }
}

HEADWISE_KERNEL(128, 1) wait_unequally_often(int times) {
  for (int i = 0; i < (cuda::warp_index() == 2 ? times : 3); ++i) cuda::sync_block();
}

TEST_CASE("a barrier of the block that a warp comes to less often") {
  check_always_right(wait_unequally_often, 3);
  check_always_faulty("96 of 128 threads wait in sync_block", [] { run(wait_unequally_often, 2); });
}

HEADWISE_KERNEL(128, 1) meet_below(int lanes) {
  if (cuda::lane_index() < lanes) cuda::sync_warp();
  cuda::sync_block();
}

TEST_CASE("a warp of which only some lanes meet") {
  check_always_right(meet_below, 32);
  check_always_faulty("8 of 32 lanes of warp 3 wait in sync_warp at ", [] { run(meet_below, 8); });
  check_always_faulty("96 of 128 threads wait in sync_block at ", [] { run(meet_below, 8); });
}

HEADWISE_KERNEL(128, 1) different_collectives(int lane) {
  if (cuda::lane_index() == lane)
    cuda::any_lane(true);
  else
    cuda::shuffle_xor(1, 1);
}

HEADWISE_KERNEL(128, 1) different_calls(int lane) {
  if (cuda::lane_index() == lane)
    cuda::any_lane(true);
  else
    cuda::any_lane(false);
}

TEST_CASE("lanes of a warp in different collectives, or in different calls of one") {
  check_always_right(different_collectives, -1);
  check_always_right(different_calls, -1);
  check_always_faulty(", while other lanes of warp ", [] { run(different_collectives, 5); });
  check_always_faulty("any_lane, while other lanes of warp ", [] { run(different_calls, 5); });
}

HEADWISE_KERNEL(128, 1) same_barrier_at_two_places(int warp) {
  if (cuda::warp_index() == warp)
    cuda::sync_block();
  else
    cuda::sync_block();
}

TEST_CASE("a barrier is the same wherever it stands") { check_always_right(same_barrier_at_two_places, 1); }

HEADWISE_KERNEL(128, 1) wait_at_named_barrier(int threads_of_warp_1) {
  if (cuda::warp_index() < 2) cuda::sync_threads(1, cuda::warp_index() == 1 ? threads_of_warp_1 : 64);
}

HEADWISE_KERNEL(128, 1) wait_at_barrier_number(int barrier) { cuda::sync_threads(barrier, 128); }

HEADWISE_KERNEL(128, 1) two_halves_of_warps(int lanes) {
  if (cuda::warp_index() < 2 && cuda::lane_index() < lanes) cuda::sync_threads(1, 2 * lanes);
}

TEST_CASE("named barriers for other threads than come") {
  check_always_right(wait_at_named_barrier, 64);
  check_always_right(wait_at_barrier_number, 15);
  check_always_right(two_halves_of_warps, 32);
  check_always_faulty(", where others wait in sync_threads of ", [] { run(wait_at_named_barrier, 96); });
  check_always_faulty("needed: whole warps", [] { run(wait_at_named_barrier, 60); });
  check_always_faulty("needed: whole warps", [] { run(wait_at_named_barrier, 160); });
  check_always_faulty("needed: 1 to 15", [] { run(wait_at_barrier_number, 0); });
  check_always_faulty("needed: 1 to 15", [] { run(wait_at_barrier_number, 16); });
  check_always_faulty("by a part of warp ", [] { run(two_halves_of_warps, 16); });
}

HEADWISE_KERNEL(128, 1) shuffle_from_lane(int lane) { cuda::shuffle_from(1.0F, lane); }
HEADWISE_KERNEL(128, 1) shuffle_by_mask(int mask) { cuda::shuffle_xor(1.0F, mask); }

TEST_CASE("shuffles from lanes that no warp has") {
  check_always_right(shuffle_from_lane, 31);
  check_always_right(shuffle_by_mask, 31);
  check_always_faulty("shuffle_from from lane 32 of 32", [] { run(shuffle_from_lane, 32); });
  check_always_faulty("shuffle_from from lane -1 of 32", [] { run(shuffle_from_lane, -1); });
  check_always_faulty("shuffle_xor from lane ", [] { run(shuffle_by_mask, 32); });
}

TEST_CASE("a fault names the kernel, the block, the thread and the line") {
  const std::string found = fault_of([] { run(wait_at_barrier_number, 0); });
  CAPTURE(found);
  CHECK(contains(found, "kernel planted, block 0, seed " + std::to_string(emulator::seed()) + ": thread "));
  CHECK(contains(found, "barrier_faults_test.cpp:"));
}

TEST_CASE("blocks of partial warps are not launched") {
  CHECK(contains(fault_of([] { cuda::launch("planted", wait_below, {1, 40}, nullptr, 0); }), "whole warps of 32"));
}

TEST_CASE("the emulator works on after a fault") {
  for_many_seeds([&] {
    CHECK_FALSE(fault_of([&] { run(meet_below, 8); }).empty());
    CHECK(fault_of([&] { run(meet_below, 32); }).empty());
  });
}

}  // namespace headwise::test
