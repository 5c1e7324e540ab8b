// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "headwise/cuda/instructions.cuh"

namespace headwise::test {

/// The 32-bit address of a place in shared memory.
HEADWISE_DEVICE cuda::shared_address place_of(const void* pointer) {
  return cuda::first_shared_address() +
         static_cast<int>(static_cast<const std::byte*>(pointer) - cuda::shared_memory());
}

}  // namespace headwise::test
