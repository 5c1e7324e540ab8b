// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace headwise::test {

/// Does it, in whatever order a device takes its threads. The emulator has a file of this name, of many orders.
template <typename Call>
void in_any_order(const Call& call) {
  call();
}

}  // namespace headwise::test
