// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the base of rotary must be positive
#include "headwise/policies/positions.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using positions = rotary<rotary_settings{.base = 0}>;
#else
using positions = rotary<rotary_settings{.base = 500000}>;
#endif

constexpr bool rotates = positions::rotates;
