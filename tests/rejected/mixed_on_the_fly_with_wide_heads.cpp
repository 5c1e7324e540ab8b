// SPDX-License-Identifier: Apache-2.0
// rejected: headwise: decode_mode::mix_on_the_fly needs numbers of 16 bits summed in float, heads of at most 128
// features, component heads that fit into 163 KiB with 16 keys and no norm after mixing, take decode_mode::expanded
#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend_components.cuh"

using namespace headwise;

#if defined(HEADWISE_REJECT)
constexpr int features = 256;
#else
constexpr int features = 128;
#endif

struct variant : attention_variant<query_heads<4>, head_dim<features>, linear_head_mixing> {};

void use(const attend_components_arguments<variant, bfloat16>& arguments, cuda_workspace& workspace) {
  cuda::attend_components<cuda::decode_mode::mix_on_the_fly>(arguments, workspace);
}
