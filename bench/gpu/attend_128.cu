// SPDX-License-Identifier: Apache-2.0
#include "attend.cuh"

namespace bench {

using full = plain<headwise::full_mask, 16, 128>;
using causal = plain<headwise::causal_mask, 16, 128>;
static const registration attend_128({operation_of<full>("attend full 128", attend<full>),
                                      operation_of<causal>("attend causal 128", attend<causal>)});

}  // namespace bench
