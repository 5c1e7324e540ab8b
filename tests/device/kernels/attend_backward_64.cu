// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/attend_backward.cuh"
#include "headwise/named_variants.hpp"
#include "launched_with.cuh"

namespace cuda = headwise::cuda;
using variant = headwise::multi_head<16, 64>;
using scalar = headwise::bfloat16;
using arguments = headwise::attend_backward_arguments<variant, scalar>;
using of_queries = cuda::query_gradient_tile<variant, scalar, cuda::query_gradient_settings(64, 64)>;
using of_keys =
    cuda::key_gradient_tile<variant, scalar, cuda::gradients_of::both, cuda::key_gradient_settings(64, 64, false)>;

template void cuda::attend_backward(const arguments&, headwise::cuda_workspace&);
template __global__ void launched_with<cuda::gradients_by_tiles<of_queries>, of_queries::settings.threads(),
                                       std::size_t{of_queries::shared_bytes}>();
template __global__ void
launched_with<cuda::gradients_by_tiles<of_keys>, of_keys::settings.threads(), std::size_t{of_keys::shared_bytes}>();
