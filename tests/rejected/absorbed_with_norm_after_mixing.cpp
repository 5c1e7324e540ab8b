// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: decode_mode::absorbed needs numbers of 16 bits summed in float, heads of at most 256 features,
// mixing weights of 64 rows that fit into 99 KiB beside them and no norm after mixing, take decode_mode::expanded
#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend_components.cuh"

using namespace headwise;

#if defined(HEADWISE_REJECT)
struct variant : attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing, norm_after_mixing<>> {};
#else
struct variant : attention_variant<query_heads<4>, head_dim<8>, linear_head_mixing> {};
#endif

void use(const attend_components_arguments<variant, bfloat16>& arguments, cuda_workspace& workspace) {
  cuda::attend_components<cuda::decode_mode::absorbed>(arguments, workspace);
}
