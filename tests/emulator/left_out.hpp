// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "emulator/call_site.hpp"

namespace headwise::emulator {

/// Nobody waits any more in sync_block, sync_threads, sync_warp and wait_for_copies at this place, as if it were not
/// there: a fault planted into a kernel as it is.
void leave_out(const call_site& where);
void leave_nothing_out();

/// The places where somebody has waited, or would have, since the last call.
std::vector<call_site> take_waits();

/// Asked by those instructions, whether this one is left out; it notes the place.
bool left_out(const call_site& where);

}  // namespace headwise::emulator
