// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "emulator/statistics.hpp"

namespace headwise::emulator {

/// What the lanes of a warp access by one instruction: `bytes` at each of the addresses, in the order of the lanes, of
/// which those that take no part are absent.
struct warp_access {
  struct of_lane {
    int lane;
    std::uintptr_t address;
  };
  std::span<const of_lane> lanes;
  std::uintptr_t bytes;
};

/// Passes over the banks beyond those that it takes without conflicts. A pass serves the whole warp for accesses of up
/// to 4 bytes, half of it for 8 and a quarter for 16; lanes that access the same word share it.
std::int64_t bank_conflicts(const warp_access& access);

/// Sectors that are touched, and the fewest for as many different bytes.
global_traffic sectors_of(const warp_access& access);

}  // namespace headwise::emulator
