// SPDX-License-Identifier: Apache-2.0
#include "emulator/left_out.hpp"

#include <algorithm>
#include <utility>

namespace headwise::emulator {

namespace {

struct noted_waits {
  std::vector<call_site> places;
  call_site left_out;
};

noted_waits& waits() {
  static noted_waits all;
  return all;
}

}  // namespace

void leave_out(const call_site& where) { waits().left_out = where; }
void leave_nothing_out() { waits().left_out = {}; }

std::vector<call_site> take_waits() { return std::exchange(waits().places, {}); }

bool left_out(const call_site& where) {
  noted_waits& all = waits();
  if (std::find(all.places.begin(), all.places.end(), where) == all.places.end()) all.places.push_back(where);
  return where == all.left_out;
}

}  // namespace headwise::emulator
