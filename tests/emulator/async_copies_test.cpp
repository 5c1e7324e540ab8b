// SPDX-License-Identifier: Apache-2.0
// Asynchronous copies: when they arrive, and what goes wrong if nobody waits for them.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"
#include "support/shared_places.hpp"

namespace headwise::test {

constexpr int threads = 64;
constexpr int steps = 6;

HEADWISE_DEVICE float* stage_of(int stage) {
  return reinterpret_cast<float*>(cuda::shared_memory()) + 4 * threads * stage;
}

struct pipeline_faults {
  /// As many groups more than right are left on their way.
  int more_pending = 0;
  bool barrier_before_wait = false;
  bool no_barrier_behind = false;
  bool no_commit = false;
  bool keep_last = false;
};

/// Two stages, in turn: numbers arrive in one while the block sums those of the other. Every thread reads what other
/// threads copied.
template <pipeline_faults Fault>
HEADWISE_KERNEL(threads, 1)
sum_by_stages(const float* x, float* sums) {
  const int thread = cuda::thread_index();
  const auto start = [&](int step) {
    if (step < steps)
      cuda::copy_async(place_of(stage_of(step % 2) + 4 * thread), x + 4 * (threads * step + thread), true);
    if (!Fault.no_commit) cuda::commit_copies();
  };
  start(0);
  float sum = 0;
  for (int step = 0; step < steps; ++step) {
    start(step + 1);
    if (Fault.barrier_before_wait) cuda::sync_block();
    cuda::wait_for_copies<1 + Fault.more_pending>();
    if (!Fault.barrier_before_wait) cuda::sync_block();
    for (int i = 0; i < 4; ++i) sum += cuda::load_shared(stage_of(step % 2) + (thread + 17 * i) % (4 * threads));
    if (!Fault.no_barrier_behind) cuda::sync_block();
  }
  if (Fault.keep_last) start(0);
  cuda::store_global(sums + thread, sum);
}

std::vector<float> run(void (*kernel)(const float*, float*)) {
  std::vector<float> x;
  for (int i = 0; i < 4 * threads * steps; ++i) x.push_back(static_cast<float>(i * 7 % 101));
  device_array<float> on_device(x);
  device_array<float> sums(threads);
  cuda::launch("planted", kernel, {1, threads, 2 * 16 * threads}, nullptr, on_device.data(), sums.data());
  return sums.values();
}

TEST_CASE("copies arrive in stages") {
  for_many_seeds([] {
    const std::vector<float> found = run(sum_by_stages<pipeline_faults{}>);
    for (int thread = 0; thread < threads; ++thread) {
      float sum = 0;
      for (int step = 0; step < steps; ++step)
        for (int i = 0; i < 4; ++i)
          sum += static_cast<float>((4 * threads * step + (thread + 17 * i) % (4 * threads)) * 7 % 101);
      REQUIRE(found[static_cast<std::size_t>(thread)] == sum);
    }
  });
}

TEST_CASE("a wait that leaves a group too many on its way") {
  check_always_faulty("where a copy is on its way that thread ",
                      [] { run(sum_by_stages<pipeline_faults{.more_pending = 1}>); });
}

TEST_CASE("copies that are waited for only behind the barrier, so that others do not see them") {
  check_always_faulty(" shared memory ", [] { run(sum_by_stages<pipeline_faults{.barrier_before_wait = true}>); });
}

// Whether the copy comes before the read or behind it depends on the order of the threads.
TEST_CASE("a stage that is filled again while others read it") {
  check_always_faulty(" shared memory ", [] { run(sum_by_stages<pipeline_faults{.no_barrier_behind = true}>); });
}

TEST_CASE("copies that are never committed, and so never waited for") {
  check_always_faulty("where a copy is on its way", [] { run(sum_by_stages<pipeline_faults{.no_commit = true}>); });
}

TEST_CASE("copies that are on their way when a thread ends") {
  check_always_faulty("ends while copies are on their way, the first of a committed group",
                      [] { run(sum_by_stages<pipeline_faults{.keep_last = true}>); });
}

HEADWISE_KERNEL(32, 1) end_without_commit(const float* x, float*) {
  cuda::copy_async(place_of(cuda::shared_memory() + 16 * cuda::thread_index()), x, true);
}

TEST_CASE("copies that are not even committed when a thread ends") {
  check_always_faulty("the first of an uncommitted group", [] { run(end_without_commit); });
}

/// Three copies to places of its own where zeros are, of which the wait names how many are still on their way. What has
/// arrived is read past the instructions, which would not let a kernel look at the rest.
template <int Pending>
HEADWISE_KERNEL(32, 1)
look_at_arrivals(const float* x, float* found) {
  std::byte* mine = cuda::shared_memory() + 48 * cuda::thread_index();
  for (int i = 0; i < 3; ++i) {
    cuda::store_shared(reinterpret_cast<float*>(mine + 16 * i + 4), 0.0F);
    cuda::copy_async(place_of(mine + 16 * i), x + 4 * i, i != 1);
    cuda::commit_copies();
  }
  cuda::wait_for_copies<Pending>();
  for (int i = 0; i < 3; ++i)
    cuda::store_global(found + 3 * cuda::thread_index() + i, *reinterpret_cast<const float*>(mine + 16 * i + 4));
  cuda::wait_for_copies<0>();
}

template <int Pending>
std::vector<float> arrivals() {
  device_array<float> x(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  device_array<float> found(3 * 32);
  cuda::launch("look_at_arrivals", look_at_arrivals<Pending>, {1, 32, 48 * 32}, nullptr, x.data(), found.data());
  return found.values();
}

template <int Pending>
void check_arrivals() {
  constexpr float content[3] = {1, 0, 9};  // the second one is not wanted
  const std::vector<float> found = arrivals<Pending>();
  for (int thread = 0; thread < 32; ++thread)
    for (int i = 0; i < 3; ++i) {
      CAPTURE(i);
      const float value = found[static_cast<std::size_t>(3 * thread + i)];
      if (i < 3 - Pending)
        CHECK(value == content[i]);
      else
        CHECK(std::isnan(value));
    }
}

TEST_CASE("groups arrive in their order, as late as the wait allows, and zeros where nothing is wanted") {
  check_arrivals<0>();
  check_arrivals<1>();
  check_arrivals<2>();
  check_arrivals<3>();
}

/// Every thread reads a number of the 16 bytes that its neighbour copies. The place was used by single numbers before.
template <bool Waits>
HEADWISE_KERNEL(32, 1)
read_part_of_copy(const float* x, float* found) {
  auto* rows = reinterpret_cast<float*>(cuda::shared_memory());
  const int thread = cuda::thread_index();
  cuda::store_shared(rows + 4 * thread + 3, 0.0F);
  cuda::copy_async(place_of(rows + 4 * thread), x + 4 * thread, true);
  cuda::commit_copies();
  if constexpr (Waits) cuda::wait_for_copies<0>();
  cuda::sync_warp();
  cuda::store_global(found + thread, cuda::load_shared(rows + 4 * (thread ^ 1) + 2));
  cuda::wait_for_copies<0>();
}

TEST_CASE("a part of a copy that is read while it is on its way") {
  std::vector<float> x;
  for (int i = 0; i < 4 * 32; ++i) x.push_back(static_cast<float>(i));
  device_array<float> on_device(x);
  device_array<float> found(32);
  const auto run_kernel = [&](void (*kernel)(const float*, float*)) {
    cuda::launch("planted", kernel, {1, 32, 16 * 32}, nullptr, on_device.data(), found.data());
  };
  for_many_seeds([&] {
    run_kernel(read_part_of_copy<true>);
    const std::vector<float> values = found.values();
    for (std::size_t thread = 0; thread < 32; ++thread) REQUIRE(values[thread] == x[4 * (thread ^ 1U) + 2]);
  });
  check_always_faulty(": reads shared memory where a copy is on its way",
                      [&] { run_kernel(read_part_of_copy<false>); });
}

template <bool Waits>
HEADWISE_KERNEL(32, 1)
change_source(const float* x, float* out) {
  cuda::copy_async(place_of(cuda::shared_memory() + 16 * cuda::thread_index()), x + 4 * cuda::thread_index(), true);
  cuda::commit_copies();
  if constexpr (Waits) cuda::wait_for_copies<0>();
  cuda::store_global(out + 4 * cuda::thread_index() + 1, -1.0F);
  cuda::wait_for_copies<0>();
}

template <bool Waits>
void run_change_source() {
  device_array<float> x(std::vector<float>(4 * 32));
  cuda::launch("planted", change_source<Waits>, {1, 32, 16 * 32}, nullptr, x.data(), x.data());
}

TEST_CASE("a source that changes while it is copied") {
  for_many_seeds([] { CHECK(fault_of(run_change_source<true>).empty()); });
  check_always_faulty("changed while it was copied", run_change_source<false>);
}

}  // namespace headwise::test
