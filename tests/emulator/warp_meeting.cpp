// SPDX-License-Identifier: Apache-2.0
#include "emulator/warp_meeting.hpp"

#include <cstddef>
#include <string>

#include "emulator/block.hpp"

namespace headwise::emulator {

namespace {

/// Lanes may come to sync_warp from anywhere, but to any other instruction only together.
bool same_instruction(const warp_meeting& meeting, collective kind, const call_site& where) {
  return meeting.kind == kind && (kind == collective::sync_warp || meeting.where == where);
}

}  // namespace

const char* name_of(collective kind) {
  constexpr const char* names[] = {"sync_warp", "shuffle_xor",   "shuffle_from",
                                   "any_lane",  "load_matrices", "multiply_add"};
  return names[static_cast<int>(kind)];
}

void meet(collective kind, void* operand, const call_site& where, void (*act)(void* const (&operands)[warp_lanes])) {
  block& b = running_block();
  const int warp = b.warp();
  warp_meeting& meeting = b.warps[static_cast<std::size_t>(warp)];
  if (meeting.come == 0) {
    meeting.kind = kind;
    meeting.where = where;
  } else if (!same_instruction(meeting, kind, where)) {
    fail_thread(std::string(name_of(kind)) + ", while other lanes of warp " + std::to_string(warp) + " are in " +
                    name_of(meeting.kind) + " at " + meeting.where.text(),
                where);
  }
  meeting.operands[b.lane()] = operand;
  if (++meeting.come < warp_lanes) {
    b.threads.wait();
    return;
  }
  meeting.come = 0;
  act(meeting.operands);
  b.logs[static_cast<std::size_t>(warp)].count();
  for (int lane = 0; lane < warp_lanes; ++lane)
    if (lane != b.lane()) b.threads.let_go(warp * warp_lanes + lane);
  b.threads.give_way();
}

}  // namespace headwise::emulator
