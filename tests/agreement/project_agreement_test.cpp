// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/backends.hpp"
#include "support/projection.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE_DEFINE("projections and their gradients agree with the reference", Backend, projections_agree) {
  check_projections<Backend, float>();
  check_projections<Backend, double>();
  check_projections<Backend, bfloat16>();
  check_projections<Backend, float16>();
}
TEST_CASE_TEMPLATE_APPLY(projections_agree, fast_backends);

}  // namespace headwise::test
