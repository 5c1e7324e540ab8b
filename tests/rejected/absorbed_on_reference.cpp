// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: the reference builds composite heads in every call, take decode_mode::expanded
#include "headwise/headwise.hpp"

using namespace headwise;

struct variant : attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing> {};

#if defined(HEADWISE_REJECT)
constexpr auto mode = decode_mode::absorbed;
#else
constexpr auto mode = decode_mode::expanded;
#endif

void use(const attend_components_arguments<variant, float>& arguments, host_workspace& workspace) {
  reference_backend::attend_components<mode>(arguments, workspace);
}
