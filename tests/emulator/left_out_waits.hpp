// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "emulator/faults.hpp"
#include "emulator/left_out.hpp"

namespace headwise::test {

/// Does a call once for every place where its kernels wait, of which there are `fewest` or more, as if they did not
/// wait there: each must be a fault, but for as many as are known to be no more than a precaution.
template <typename Call>
void check_waits_are_needed(std::size_t fewest, const Call& call, std::size_t precautions = 0) {
  emulator::take_waits();
  call();
  const std::vector<emulator::call_site> waits = emulator::take_waits();
  CHECK(waits.size() >= fewest);
  std::size_t missed = 0;
  std::string without_fault;
  for (const emulator::call_site& where : waits) {
    emulator::leave_out(where);
    if (contains(fault_of(call), "shared memory")) continue;
    ++missed;
    without_fault += " " + where.text();
  }
  emulator::leave_nothing_out();
  CAPTURE(without_fault);
  CHECK(missed <= precautions);
  CHECK(fault_of(call).empty());
}

}  // namespace headwise::test
