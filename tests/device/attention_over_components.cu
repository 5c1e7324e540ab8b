// SPDX-License-Identifier: Apache-2.0
// The kernels of attention over component heads and of few queries compile for a device.
#include "headwise/attention_variant.hpp"
#include "headwise/cuda/attend_components.cuh"

using headwise::attend_components_arguments;
using headwise::bfloat16;
using headwise::cuda_workspace;
using headwise::float16;

struct mixed
    : headwise::attention_variant<headwise::query_heads<16>, headwise::component_heads<4>, headwise::head_dim<128>,
                                  headwise::linear_head_mixing, headwise::alibi, headwise::causal_mask> {};
struct half_mixed
    : headwise::attention_variant<headwise::query_heads<6>, headwise::composite_heads<3>, headwise::head_dim<20>,
                                  headwise::value_dim<9>, headwise::linear_value_mixing, headwise::soft_cap<20>,
                                  headwise::norm_after_attention<>> {};
struct normalized
    : headwise::attention_variant<headwise::query_heads<4>, headwise::head_dim<64>, headwise::linear_head_mixing,
                                  headwise::norm_after_mixing<>, headwise::sliding_window<100>> {};

template void headwise::cuda::attend_components(const attend_components_arguments<mixed, bfloat16>&, cuda_workspace&);
template void headwise::cuda::attend_components(const attend_components_arguments<half_mixed, float16>&,
                                                cuda_workspace&);
template void headwise::cuda::attend_components(const attend_components_arguments<normalized, bfloat16>&,
                                                cuda_workspace&);
template void headwise::cuda::attend_components(const attend_components_arguments<mixed, float>&, cuda_workspace&);
template void headwise::cuda::attend_components(const attend_components_arguments<mixed, double>&, cuda_workspace&);
