// SPDX-License-Identifier: Apache-2.0
#include "attend_backward.cuh"

namespace bench {

using full = plain<headwise::full_mask, 16, 128>;
using causal = plain<headwise::causal_mask, 16, 128>;
static const registration attend_backward_128({operation_of<full>("attend_backward full 128", attend_backward<full>),
                                               operation_of<causal>("attend_backward causal 128",
                                                                    attend_backward<causal>)});

}  // namespace bench
