// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the window of sliding_window must be positive, give at least one key
#include "headwise/policies/mask.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
using mask = sliding_window<0>;
#else
using mask = sliding_window<1>;
#endif

constexpr key_range keys = mask::visible_keys(query_at(0, 0, 0, 1, 1));
