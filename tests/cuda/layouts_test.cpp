// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/head_operation_layouts.hpp"
#include "support/mirrored_cuda_backend.hpp"

namespace headwise::test {

TEST_CASE_TEMPLATE("operations on heads on CUDA do not depend on layouts and addresses, bit by bit", Scalar, float,
                   double, bfloat16) {
  check_layouts<mirrored_cuda_backend, Scalar, 6>();
  check_layouts<mirrored_cuda_backend, Scalar, 16>();
}

}  // namespace headwise::test
