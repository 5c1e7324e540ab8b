// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: composite_heads must be positive, give at least one
#include "headwise/policies/head_counts.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int count = composite_heads<0>::count;
#else
constexpr int count = composite_heads<1>::count;
#endif
