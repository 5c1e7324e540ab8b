// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the groups of a head norm must be positive, or norm_settings::one_per_head
#include "headwise/policies/head_norm.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr norm_settings settings{.groups = -1};
#else
constexpr norm_settings settings{.groups = norm_settings::one_per_head};
#endif

constexpr bool normalizes = head_norm<settings>::normalizes;
