// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: inputs and outputs must hold the same number type, convert one of them
#include "headwise/reference/mix_heads.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using input = double;
#else
using input = float;
#endif

void use(head_view<const input, 2, 8> components, std::span<const float> weight, head_view<float, 4, 8> composites) {
  reference::mix_heads(components, weight, composites);
}
