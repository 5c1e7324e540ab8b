// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/head_sizes.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

TEST_CASE("large head sizes work on CUDA as well") {
  check_head_sizes<mirrored_cuda_attention, bfloat16>(large_head_sizes{}, 3);
}

TEST_CASE("head sizes of their own work on CUDA in every number type") {
  check_head_sizes<mirrored_cuda_attention, float16>(head_size_list<head_size<111, 96>>{}, 3);
  check_head_sizes<mirrored_cuda_attention, float>(head_size_list<head_size<7, 70>>{}, 3);
  check_head_sizes<mirrored_cuda_attention, double>(head_size_list<head_size<7, 70>>{}, 3);
}

}  // namespace headwise::test
