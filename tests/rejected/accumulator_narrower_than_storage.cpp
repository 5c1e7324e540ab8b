// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the accumulator of number_types must not be narrower than the storage
#include "headwise/policies/number_types.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using numbers = number_types<double, float>;
#else
using numbers = number_types<float, double>;
#endif

using accumulator = numbers::accumulator;
