// SPDX-License-Identifier: Apache-2.0
// What lanes tell each other: barriers, shuffles and votes of a warp.
#include <cstddef>
#include <cstring>
#include <string>

#include "emulator/block.hpp"
#include "emulator/device_functions.hpp"
#include "emulator/left_out.hpp"
#include "emulator/warp_meeting.hpp"

namespace headwise::emulator {

namespace {

struct shuffled {
  void* value;
  std::size_t bytes;
  int from;
};

void shuffle(collective kind, const shuffled& mine, const call_site& where) {
  if (mine.from < 0 || mine.from >= warp_lanes)
    fail_thread(std::string(name_of(kind)) + " from lane " + std::to_string(mine.from) + " of 32", where);
  shuffled operand = mine;
  meet(kind, &operand, where, [](void* const(&operands)[warp_lanes]) {
    unsigned char before[warp_lanes][16];
    for (int lane = 0; lane < warp_lanes; ++lane) {
      const auto& given = *static_cast<const shuffled*>(operands[lane]);
      std::memcpy(before[lane], given.value, given.bytes);
    }
    for (void* lane : operands) {
      const auto& taken = *static_cast<const shuffled*>(lane);
      std::memcpy(taken.value, before[taken.from], taken.bytes);
    }
  });
}

}  // namespace

void sync_warp(const call_site& where) {
  if (left_out(where)) return;
  meet(collective::sync_warp, nullptr, where, [](void* const(&)[warp_lanes]) {
    block& b = running_block();
    b.order.sync_warp(b.warp());
  });
}

void shuffle_xor(void* value, std::size_t bytes, int mask, const call_site& where) {
  shuffle(collective::shuffle_xor, {value, bytes, running_block().lane() ^ mask}, where);
}

void shuffle_from(void* value, std::size_t bytes, int lane, const call_site& where) {
  shuffle(collective::shuffle_from, {value, bytes, lane}, where);
}

bool any_lane(bool yes, const call_site& where) {
  bool answer = yes;
  meet(collective::any_lane, &answer, where, [](void* const(&operands)[warp_lanes]) {
    bool any = false;
    for (void* lane : operands) any = any || *static_cast<const bool*>(lane);
    for (void* lane : operands) *static_cast<bool*>(lane) = any;
  });
  return answer;
}

}  // namespace headwise::emulator
