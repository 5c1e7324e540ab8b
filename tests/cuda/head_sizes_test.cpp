// SPDX-License-Identifier: Apache-2.0
#include "support/head_sizes.hpp"

#include <doctest/doctest.h>

#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

TEST_CASE("any head size works on CUDA, and any value size beside it") {
  check_head_sizes<mirrored_cuda_attention, bfloat16>(moderate_head_sizes{}, 3);
}

}  // namespace headwise::test
