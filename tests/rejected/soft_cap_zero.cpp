// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the cap of soft_cap must be positive
#include "headwise/policies/score.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using score = soft_cap<0>;
#else
using score = soft_cap<30>;
#endif

using slot = score::slot;
