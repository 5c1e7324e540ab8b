// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: query_heads must be positive, give at least one
#include "headwise/policies/head_counts.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int count = query_heads<0>::count;
#else
constexpr int count = query_heads<1>::count;
#endif
