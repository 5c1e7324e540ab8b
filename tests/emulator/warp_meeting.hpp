// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/call_site.hpp"

namespace headwise::emulator {

inline constexpr int warp_lanes = 32;

/// What all lanes of a warp do together.
enum class collective { sync_warp, shuffle_xor, shuffle_from, any_lane, load_matrices, multiply_add };

const char* name_of(collective kind);

/// The lanes of one warp that have come to a collective, with what each brings.
struct warp_meeting {
  int come = 0;
  collective kind{};
  call_site where;
  void* operands[warp_lanes] = {};
};

/// The running thread brings its operand, and all lanes of its warp go on once `act` has been called, by the last one
/// that came, for all of them.
void meet(collective kind, void* operand, const call_site& where, void (*act)(void* const (&operands)[warp_lanes]));

}  // namespace headwise::emulator
