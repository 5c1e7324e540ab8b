// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/head_sizes.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

TEST_CASE("large head sizes work on CUDA as well") {
  check_head_sizes<mirrored_cuda_attention, bfloat16>(large_head_sizes{}, 3);
}

TEST_CASE_TEMPLATE("head sizes of every kind work on CUDA in every number type", Scalar, float16, float, double) {
  check_head_sizes<mirrored_cuda_attention, Scalar>(head_size_list<head_size<7, 70>, head_size<111, 96>>{}, 3);
}

}  // namespace headwise::test
