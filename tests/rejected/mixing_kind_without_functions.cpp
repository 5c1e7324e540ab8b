// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: a mixing kind needs mixes, parameters, form, backward and initialize, as linear_mixing has them
#include "headwise/attention_variant.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct my_mixing {
  static constexpr bool mixes = true;
};
#else
struct my_mixing : linear_mixing {};
#endif

using variant = attention_variant<query_heads<4>, head_dim<8>, head_mixing<my_mixing>>;
