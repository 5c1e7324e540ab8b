// SPDX-License-Identifier: Apache-2.0
#include "emulator/access_cost.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "emulator/warp_meeting.hpp"

namespace headwise::emulator {

namespace {

constexpr std::uintptr_t word_bytes = 4;
constexpr std::uintptr_t bank_count = 32;
constexpr std::uintptr_t sector_bytes = 32;

template <typename T>
void sort_and_drop_doubles(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// The most different words that any bank has to give.
std::int64_t passes_for(std::vector<std::uintptr_t>& words) {
  sort_and_drop_doubles(words);
  std::array<std::int64_t, bank_count> of_bank{};
  for (const std::uintptr_t word : words) ++of_bank[word % bank_count];
  return *std::max_element(of_bank.begin(), of_bank.end());
}

}  // namespace

std::int64_t bank_conflicts(const warp_access& access) {
  const int lanes_at_once = static_cast<int>(bank_count * word_bytes / std::max(access.bytes, word_bytes));
  std::int64_t conflicts = 0;
  std::vector<std::uintptr_t> words;
  for (int first = 0; first < warp_lanes; first += lanes_at_once) {
    words.clear();
    for (const auto& [lane, address] : access.lanes)
      if (lane >= first && lane < first + lanes_at_once)
        for (std::uintptr_t byte = 0; byte < access.bytes; byte += word_bytes)
          words.push_back((address + byte) / word_bytes);
    if (!words.empty()) conflicts += passes_for(words) - 1;
  }
  return conflicts;
}

global_traffic sectors_of(const warp_access& access) {
  std::vector<std::uintptr_t> starts;
  std::vector<std::uintptr_t> sectors;
  for (const auto& of_lane : access.lanes) {
    starts.push_back(of_lane.address);
    // An access lies at a multiple of its size, and so in one sector.
    sectors.push_back(of_lane.address / sector_bytes);
  }
  sort_and_drop_doubles(starts);
  sort_and_drop_doubles(sectors);
  const std::uintptr_t bytes = starts.size() * access.bytes;
  return {1, static_cast<std::int64_t>(sectors.size()),
          static_cast<std::int64_t>((bytes + sector_bytes - 1) / sector_bytes)};
}

}  // namespace headwise::emulator
