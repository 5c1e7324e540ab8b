// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace headwise::test {

/// Does it, in whatever order a device takes its threads. The emulator's file of this name does it in many.
template <typename Call>
void in_any_order(const Call& call) {
  call();
}

}  // namespace headwise::test
