// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the accumulator of number_types must be float or a wider floating-point type
#include "headwise/policies/number_types.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using numbers = number_types<short, int>;
#else
using numbers = number_types<short, float>;
#endif

using accumulator = numbers::accumulator;
