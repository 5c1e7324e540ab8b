// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "emulator/device_functions.hpp"

namespace headwise::emulator {

float exp2_fast(float x) {
  const float y = std::exp2(x);
  return y < std::numeric_limits<float>::min() ? 0 : y;
}

}  // namespace headwise::emulator
