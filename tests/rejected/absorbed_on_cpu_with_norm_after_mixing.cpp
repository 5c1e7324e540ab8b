// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: on the CPU a variant is expanded, or absorbed where no norm stands after mixing, take
// decode_mode::expanded
#include "headwise/cpu.hpp"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct variant : attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing, norm_after_mixing<>> {};
#else
struct variant : attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing> {};
#endif

void use(const attend_components_arguments<variant, float>& arguments, host_workspace& workspace) {
  cpu_backend::attend_components<decode_mode::absorbed>(arguments, workspace);
}
