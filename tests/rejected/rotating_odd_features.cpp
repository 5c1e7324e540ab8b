// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: rotary turns pairs of features, give an even head_dim
#include "headwise/reference/rotate.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int features = 7;
#else
constexpr int features = 8;
#endif

struct slow_turn {
  static double frequency(int /*pair*/, int /*dim*/) { return 1; }
  static int first_feature(int pair, int /*dim*/) { return 2 * pair; }
  static int second_feature(int pair, int /*dim*/) { return 2 * pair + 1; }
};
void use(head_view<const float, 4, features> x, head_view<float, 4, features> y) {
  reference::rotate<slow_turn>(x, {}, y);
}
