// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>

#include "emulator/settings.hpp"
#include "support/head_sizes.hpp"
#include "support/mirrored_cuda_attention.hpp"

namespace headwise::test {

TEST_CASE("large head sizes work on CUDA as well, on devices with the least shared memory") {
  const std::size_t most = emulator::most_shared_bytes();
  emulator::set_most_shared_bytes(99 * 1024);
  check_head_sizes<mirrored_cuda_attention, bfloat16>(large_head_sizes{}, 3);
  check_head_sizes<mirrored_cuda_attention, float16>(head_size_list<head_size<144, 192>, head_size<256, 200>>{}, 3);
  emulator::set_most_shared_bytes(most);
}

TEST_CASE("head sizes of their own work on CUDA in every number type") {
  check_head_sizes<mirrored_cuda_attention, float16>(head_size_list<head_size<111, 96>>{}, 3);
  check_head_sizes<mirrored_cuda_attention, float>(head_size_list<head_size<7, 70>>{}, 3);
  check_head_sizes<mirrored_cuda_attention, double>(head_size_list<head_size<7, 70>>{}, 3);
}

}  // namespace headwise::test
