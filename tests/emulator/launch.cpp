// SPDX-License-Identifier: Apache-2.0
#include "emulator/launch.hpp"

#include <cstddef>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "emulator/block.hpp"
#include "emulator/counters.hpp"
#include "emulator/device_memory.hpp"
#include "emulator/fault.hpp"
#include "emulator/settings.hpp"
#include "headwise/core/error.hpp"

namespace headwise::emulator {

namespace {

constexpr int most_threads = 1024;

void require_launchable(const grid& shape) {
  if (in_kernel()) throw fault("kernel " + std::string(shape.name) + " is launched by a kernel");
  fail_if_asked(request::launch, shape.name);
  if (shape.threads < 1 || shape.threads > most_threads)
    throw error(shape.name, "cudaErrorInvalidConfiguration (invalid configuration argument)", "cudaSuccess");
  if (shape.threads % warp_lanes != 0)
    throw fault("kernel " + std::string(shape.name) + " is launched with " + std::to_string(shape.threads) +
                " threads a block, needed: whole warps of 32");
}

std::vector<std::int64_t> shuffled_blocks(std::int64_t count, random_order& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

void describe_stuck() {
  const block& b = running_block();
  std::string text = "the threads wait for each other forever; " + std::to_string(b.threads.ended()) + " of " +
                     std::to_string(b.shape.threads) + " have ended" + b.all_barriers.who_waits();
  for (std::size_t warp = 0; warp < b.warps.size(); ++warp) {
    const warp_meeting& meeting = b.warps[warp];
    if (meeting.come > 0)
      text += "; " + std::to_string(meeting.come) + " of 32 lanes of warp " + std::to_string(warp) + " wait in " +
              name_of(meeting.kind) + " at " + meeting.where.text();
  }
  fail_block(text);
}

void run_block(block& b, void (*kernel)(const void* parameters), const void* parameters) {
  b.all_barriers.reset();
  for (warp_meeting& meeting : b.warps) meeting.come = 0;
  b.shared.forget();
  b.order.begin_block();
  b.global.begin_block();
  for (access_log& log : b.logs) log.forget();
  for (async_copies& copies : b.copies) copies.forget();
  b.threads.run(
      b.shape.threads,
      [&] {
        kernel(parameters);
        b.copies[static_cast<std::size_t>(b.threads.current())].require_none();
      },
      b.random, describe_stuck);
  for (access_log& log : b.logs) log.count();
  count_one(&statistics::blocks);
}

/// The one block there is at a time; it keeps its fibers and its memory from launch to launch.
struct device {
  std::mutex lock;
  block running;
};

device& the_device() {
  static device only;
  return only;
}

struct while_running {
  explicit while_running(block& b) {
    set_running_block(&b);
    let_kernels_read(true);
  }
  ~while_running() {
    let_kernels_read(false);
    set_running_block(nullptr);
  }
  while_running(const while_running&) = delete;
  while_running& operator=(const while_running&) = delete;
};

}  // namespace

void run_grid(const grid& shape, void (*kernel)(const void* parameters), const void* parameters) {
  require_launchable(shape);
  const std::lock_guard guard(the_device().lock);
  block& b = the_device().running;
  const while_running running(b);
  b.shape = shape;
  b.random = random_order(seed());
  b.warps.resize(static_cast<std::size_t>(shape.threads / warp_lanes));
  b.logs.resize(b.warps.size());
  b.copies.resize(static_cast<std::size_t>(shape.threads));
  b.shared.resize(shape.shared_bytes);
  b.order.resize(shape.threads / warp_lanes, shape.shared_bytes);
  b.global.begin_launch();
  count_for(shape.name);
  count_one(&statistics::launches);
  for (const std::int64_t index : shuffled_blocks(shape.blocks, b.random)) {
    b.index = index;
    run_block(b, kernel, parameters);
  }
}

}  // namespace headwise::emulator
