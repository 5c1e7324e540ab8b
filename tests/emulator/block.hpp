// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/access_log.hpp"
#include "emulator/access_order.hpp"
#include "emulator/async_copies.hpp"
#include "emulator/barriers.hpp"
#include "emulator/call_site.hpp"
#include "emulator/global_order.hpp"
#include "emulator/launch.hpp"
#include "emulator/random_order.hpp"
#include "emulator/scheduler.hpp"
#include "emulator/shared_memory.hpp"
#include "emulator/warp_meeting.hpp"

namespace headwise::emulator {

/// The block that runs: its threads, and everything that they share.
struct block {
  grid shape{};
  std::int64_t index = 0;
  random_order random{0};
  scheduler threads;
  barriers all_barriers;
  std::vector<warp_meeting> warps;
  shared_buffer shared;
  access_order order;
  global_order global;
  std::vector<access_log> logs;      // of each warp
  std::vector<async_copies> copies;  // of each thread

  int warp() const { return threads.current() / warp_lanes; }
  int lane() const { return threads.current() % warp_lanes; }
};

/// The block that runs. Throws where none does: an instruction was called outside of a kernel.
block& running_block();
bool in_kernel();
/// Null for none.
void set_running_block(block* running);

/// Notes an access of the running thread, if accesses are counted.
void log_access(access_kind kind, const void* address, std::size_t bytes, const call_site& where);

/// Throws a fault of the block that runs, with the seed.
[[noreturn]] void fail_block(const std::string& what);
/// Throws a fault of the thread that runs, at this place of its kernel.
[[noreturn]] void fail_thread(const std::string& what, const call_site& where);

}  // namespace headwise::emulator
