// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: fixed_mixing needs static constexpr double weight(int component, int composite), add it
#include "headwise/policies/head_mixing.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct mean_of_heads {};
#else
struct mean_of_heads {
  static constexpr double weight(int /*component*/, int /*composite*/) { return 0.25; }
};
#endif

constexpr bool mixes = fixed_mixing<mean_of_heads>::mixes;
