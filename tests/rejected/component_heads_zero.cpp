// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: component_heads must be positive, give at least one
#include "headwise/policies/head_counts.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int count = component_heads<0>::count;
#else
constexpr int count = component_heads<1>::count;
#endif
