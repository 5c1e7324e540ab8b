// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "headwise/core/result_write.hpp"
#include "support/backends.hpp"
#include "support/head_operations.hpp"
#include "support/operation_agreement.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_DEFINE("mixing and its backward agree with the reference", Backend, mixing_agrees) {
  for (const token_counts size : various_counts) {
    CAPTURE(size.batch);
    CAPTURE(size.tokens);
    check_operation<Backend>(mixing<1, 1, 1>{size}, mixing_backward<1, 1, 1>{size});
    check_operation<Backend>(mixing<3, 8, 5>{size}, mixing_backward<3, 8, 5>{size});
    check_operation<Backend>(mixing<7, 2, 64>{size}, mixing_backward<7, 2, 64>{size});
    check_operation<Backend>(mixing<8, 8, 33>{size}, mixing_backward<8, 8, 33>{size, result_write::add});
  }
}
TEST_CASE_TEMPLATE_APPLY(mixing_agrees, fast_backends);

}  // namespace headwise::test
