// SPDX-License-Identifier: Apache-2.0
#include "emulator/block.hpp"

#include "emulator/counters.hpp"
#include "emulator/device_functions.hpp"
#include "emulator/fault.hpp"
#include "emulator/settings.hpp"

namespace headwise::emulator {

namespace {

// Of the host's thread: another one that launches waits for its turn.
thread_local block* running = nullptr;

}  // namespace

block& running_block() {
  if (running == nullptr) throw fault("an instruction of the device is called outside of a kernel");
  return *running;
}

bool in_kernel() { return running != nullptr; }

void set_running_block(block* next) { running = next; }

void log_access(access_kind kind, const void* address, std::size_t bytes, const call_site& where) {
  if (!counting()) return;
  block& b = running_block();
  b.logs[static_cast<std::size_t>(b.warp())].add(b.lane(), kind, address, bytes, where);
}

void fail_block(const std::string& what) {
  const block& b = running_block();
  throw fault("kernel " + std::string(b.shape.name) + ", block " + std::to_string(b.index) + ", seed " +
              std::to_string(seed()) + ": " + what);
}

void fail_thread(const std::string& what, const call_site& where) {
  fail_block("thread " + std::to_string(running_block().threads.current()) + " at " + where.text() + ": " + what);
}

int thread_index() { return running_block().threads.current(); }
int threads_per_block() { return running_block().shape.threads; }
std::int64_t block_index() { return running_block().index; }
std::int64_t block_count() { return running_block().shape.blocks; }
std::byte* shared_memory() { return running_block().shared.data(); }

}  // namespace headwise::emulator
