// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the epsilon of a head norm must not be negative, give zero or more
#include "headwise/policies/head_norm.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr norm_settings settings{.epsilon = -1e-5};
#else
constexpr norm_settings settings{.epsilon = 0};
#endif

constexpr bool normalizes = head_norm<settings>::normalizes;
