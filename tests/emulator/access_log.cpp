// SPDX-License-Identifier: Apache-2.0
#include "emulator/access_log.hpp"

#include <algorithm>
#include <tuple>

#include "emulator/access_cost.hpp"
#include "emulator/counters.hpp"

namespace headwise::emulator {

void access_log::add(int lane, access_kind kind, const void* address, std::size_t bytes, const call_site& where) {
  entries_.push_back({number_of(where), kind, static_cast<std::uint8_t>(bytes), static_cast<std::uint8_t>(lane), 0,
                      reinterpret_cast<std::uintptr_t>(address)});
}

bool access_log::same_instruction(const entry& a, const entry& b) {
  return a.site == b.site && a.kind == b.kind && a.bytes == b.bytes && a.turn == b.turn;
}

void access_log::count() {
  if (entries_.empty()) return;
  const auto place = [](const entry& e) { return std::tuple(e.site, e.kind, e.bytes, e.lane); };
  std::stable_sort(entries_.begin(), entries_.end(),
                   [&](const entry& a, const entry& b) { return place(a) < place(b); });
  for (std::size_t i = 1; i < entries_.size(); ++i)
    if (place(entries_[i]) == place(entries_[i - 1])) entries_[i].turn = entries_[i - 1].turn + 1;
  std::sort(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) {
    return std::tuple(a.site, a.kind, a.bytes, a.turn, a.lane) < std::tuple(b.site, b.kind, b.bytes, b.turn, b.lane);
  });
  std::vector<warp_access::of_lane> lanes;
  for (auto first = entries_.begin(); first != entries_.end();) {
    const auto last = std::find_if(first, entries_.end(), [&](const entry& e) { return !same_instruction(*first, e); });
    lanes.clear();
    for (auto e = first; e != last; ++e) lanes.push_back({e->lane, e->address});
    count_access(first->kind, first->site, {lanes, first->bytes});
    first = last;
  }
  entries_.clear();
}

}  // namespace headwise::emulator
