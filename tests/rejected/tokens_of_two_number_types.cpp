// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: inputs and outputs must hold the same number type, convert one of them
#include "headwise/reference/project.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using input = double;
#else
using input = float;
#endif

void use(token_view<const input> x, std::span<const float> weight, token_view<float> y) {
  reference::project(x, weight, {}, y);
}
