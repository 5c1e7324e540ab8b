// SPDX-License-Identifier: Apache-2.0
#include "attend.cuh"

namespace bench {

using full = plain<headwise::full_mask, 32, 64>;
using causal = plain<headwise::causal_mask, 32, 64>;
static const registration attend_64({operation_of<full>("attend full 64", attend<full>),
                                     operation_of<causal>("attend causal 64", attend<causal>)});

}  // namespace bench
