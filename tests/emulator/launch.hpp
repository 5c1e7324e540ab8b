// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace headwise::emulator {

/// What a launch asks for.
struct grid {
  const char* name;
  std::int64_t blocks;
  int threads;
  std::size_t shared_bytes;
};

/// Calls `kernel(parameters)` in every thread of every block, and returns when all have ended. Throws `headwise::error`
/// where CUDA refuses the launch, and a `fault` where the kernel does what it must not.
void run_grid(const grid& shape, void (*kernel)(const void* parameters), const void* parameters);

}  // namespace headwise::emulator
