// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/faults.hpp"

namespace headwise::test {

/// Does it in many orders of the threads.
template <typename Call>
void in_any_order(const Call& call) {
  for_many_seeds(call);
}

}  // namespace headwise::test
