// SPDX-License-Identifier: Apache-2.0
#include "emulator/barriers.hpp"

#include <cstddef>

#include "emulator/block.hpp"
#include "emulator/counters.hpp"
#include "emulator/device_functions.hpp"
#include "emulator/left_out.hpp"

namespace headwise::emulator {

namespace {

const char* name_of(barriers::kind instruction) {
  constexpr const char* names[] = {"sync_block", "sync_threads"};
  return names[static_cast<int>(instruction)];
}

}  // namespace

void barriers::reset() {
  for (barrier_state& state : states_) state.come.clear();
}

void barriers::wait(kind instruction, int barrier, int threads, const call_site& where) {
  block& b = running_block();
  barrier_state& state = states_[barrier];
  if (state.come.empty()) {
    state.instruction = instruction;
    state.needed = threads;
    state.where = where;
  } else if (state.instruction != instruction || state.needed != threads) {
    fail_thread(std::string(name_of(instruction)) + " of " + std::to_string(threads) + " threads at barrier " +
                    std::to_string(barrier) + ", where others wait in " + name_of(state.instruction) + " of " +
                    std::to_string(state.needed) + " threads at " + state.where.text(),
                where);
  }
  state.come.push_back(b.threads.current());
  if (static_cast<int>(state.come.size()) < state.needed) {
    b.threads.wait();
  } else {
    const access_order::warps come = warps_of(state, where);
    b.order.barrier(come);
    for (std::size_t warp = 0; warp < b.logs.size(); ++warp)
      if (come[warp]) b.logs[warp].count();
    count_one(instruction == kind::sync_threads ? &statistics::named_barriers : &statistics::block_barriers);
    for (const int thread : state.come)
      if (thread != b.threads.current()) b.threads.let_go(thread);
    state.come.clear();
    b.threads.give_way();
  }
}

access_order::warps barriers::warps_of(const barrier_state& state, const call_site& where) {
  int lanes[access_order::most_warps] = {};
  for (const int thread : state.come) ++lanes[thread / warp_lanes];
  access_order::warps come;
  for (std::size_t warp = 0; warp < access_order::most_warps; ++warp) {
    if (lanes[warp] != 0 && lanes[warp] != warp_lanes)
      fail_thread(std::string(name_of(state.instruction)) + " by a part of warp " + std::to_string(warp) + ": " +
                      std::to_string(lanes[warp]) + " of 32 lanes",
                  where);
    come[warp] = lanes[warp] == warp_lanes;
  }
  return come;
}

std::string barriers::who_waits() const {
  std::string text;
  for (const barrier_state& state : states_)
    if (!state.come.empty())
      text += "; " + std::to_string(state.come.size()) + " of " + std::to_string(state.needed) + " threads wait in " +
              name_of(state.instruction) + " at " + state.where.text();
  return text;
}

void sync_block(const call_site& where) {
  if (left_out(where)) return;
  block& b = running_block();
  b.all_barriers.wait(barriers::kind::sync_block, 0, b.shape.threads, where);
}

void sync_threads(int barrier, int threads, const call_site& where) {
  block& b = running_block();
  if (barrier < 1 || barrier >= barriers::count)
    fail_thread("sync_threads at barrier " + std::to_string(barrier) + ", needed: 1 to 15", where);
  if (threads < warp_lanes || threads > b.shape.threads || threads % warp_lanes != 0)
    fail_thread("sync_threads of " + std::to_string(threads) + " threads, needed: whole warps of the block's " +
                    std::to_string(b.shape.threads) + " threads",
                where);
  if (left_out(where)) return;
  b.all_barriers.wait(barriers::kind::sync_threads, barrier, threads, where);
}

}  // namespace headwise::emulator
