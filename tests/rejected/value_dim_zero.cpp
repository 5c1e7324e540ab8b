// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: value_dim must be positive, give at least one feature
#include "headwise/policies/head_counts.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int count = value_dim<0>::count;
#else
constexpr int count = value_dim<1>::count;
#endif
