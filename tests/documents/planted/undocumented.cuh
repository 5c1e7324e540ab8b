// SPDX-License-Identifier: Apache-2.0
// Nobody includes this file: it has names without a sentence, for the test that looks for them.
#pragma once

#include "headwise/cuda/instructions.cuh"

namespace headwise::cuda {

template <int Threads>
HEADWISE_KERNEL(Threads, 1)
planted_kernel(HEADWISE_KERNEL_PARAMETER int* to) {
  *to = Threads;
}

HEADWISE_DEVICE int planted_function() { return 0; }

/// A function with a sentence.
HEADWISE_DEVICE int planted_neighbour() { return 0; }

}  // namespace headwise::cuda
