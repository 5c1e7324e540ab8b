// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/policies/positions.hpp"
#include "support/backends.hpp"
#include "support/head_operations.hpp"
#include "support/operation_agreement.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_DEFINE("rotation and its backward agree with the reference, far positions included", Backend,
                          rotation_agrees) {
  using interleaved = rotary<rotary_settings{.pairing = rotary_pairing::interleaved, .base = 500000}>;
  for (const token_counts size : various_counts) {
    CAPTURE(size.batch);
    CAPTURE(size.tokens);
    check_operation<Backend>(rotating<rotary<>, 64>{size, 1}, rotating<rotary<>, 64>{size, -1});
    check_operation<Backend>(rotating<rotary<>, 6>{size, 1}, rotating<rotary<>, 6>{size, -1});
    check_operation<Backend>(rotating<interleaved, 34>{size, 1}, rotating<interleaved, 34>{size, -1});
  }
}
TEST_CASE_TEMPLATE_APPLY(rotation_agrees, fast_backends);

}  // namespace headwise::test
