// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace program {

/// Something that the user can put right: an option, a text, a checkpoint. The program prints it as one line and ends
/// with exit status 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace program
