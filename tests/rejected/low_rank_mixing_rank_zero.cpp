// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the rank of low_rank_mixing must be positive, give at least one
#include "headwise/policies/head_mixing.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int rank = low_rank_mixing<0>::rank;
#else
constexpr int rank = low_rank_mixing<1>::rank;
#endif
