// SPDX-License-Identifier: Apache-2.0
#include "operation.hpp"
#include "variants.hpp"

namespace bench {

std::vector<operation> decode_operations() {
  std::vector<operation> operations;
  add_attend<multi_head, float, headwise::bfloat16>(operations, "decode");
  add_attend<grouped_8, float, headwise::bfloat16>(operations, "decode");
  add_attend<grouped_4, float, headwise::bfloat16>(operations, "decode");
  add_attend<grouped_1, float, headwise::bfloat16>(operations, "decode");
  return operations;
}

}  // namespace bench
