// SPDX-License-Identifier: Apache-2.0
#include "operation.hpp"
#include "variants.hpp"

namespace bench {

std::vector<operation> forward_operations() {
  std::vector<operation> operations;
  add_attend<full_64, float, headwise::bfloat16>(operations, "forward");
  add_attend<full_128, float, headwise::bfloat16>(operations, "forward");
  add_attend<causal_64, float, headwise::bfloat16>(operations, "forward");
  add_attend<causal_128, float, headwise::bfloat16>(operations, "forward");
  return operations;
}

}  // namespace bench
