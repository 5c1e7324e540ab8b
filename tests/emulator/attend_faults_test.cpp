// SPDX-License-Identifier: Apache-2.0
// The kernels of attention as they are, but for one place where threads wait.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "emulator/faults.hpp"
#include "emulator/left_out.hpp"
#include "headwise/attention_variant.hpp"
#include "support/attend_tensors.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

/// Values are wider than keys, so that outputs take the place of more than queries.
struct wide_values : attention_variant<query_heads<2>, composite_heads<1>, head_dim<16>, value_dim<48>, causal_mask> {};

void run_once() {
  auto t = random_attend_tensors<wide_values, bfloat16>({.batch = 1, .queries = 150, .keys = 200}, 301);
  run_attend<mirrored_cuda_attention>(t);
}

TEST_CASE("every wait of the kernels of attention is needed: a fault is found where one is left out") {
  emulator::take_waits();
  run_once();
  const std::vector<emulator::call_site> waits = emulator::take_waits();
  CHECK(waits.size() > 5);
  for (const emulator::call_site& where : waits) {
    const std::string place = where.text();
    CAPTURE(place);
    emulator::leave_out(where);
    const std::string found = fault_of(run_once);
    CAPTURE(found);
    CHECK(contains(found, "shared memory"));
  }
  emulator::leave_nothing_out();
  CHECK(fault_of(run_once).empty());
}

}  // namespace headwise::test
