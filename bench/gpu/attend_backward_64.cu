// SPDX-License-Identifier: Apache-2.0
#include "attend_backward.cuh"

namespace bench {

using full = plain<headwise::full_mask, 32, 64>;
using causal = plain<headwise::causal_mask, 32, 64>;
static const registration attend_backward_64({operation_of<full>("attend_backward full 64", attend_backward<full>),
                                              operation_of<causal>("attend_backward causal 64",
                                                                   attend_backward<causal>)});

}  // namespace bench
