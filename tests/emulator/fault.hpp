// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace headwise::emulator {

/// What a kernel does wrong, thrown by its launch. The text names the kernel, the block, the thread and the seed.
class fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace headwise::emulator
