// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/attend.cuh"
#include "headwise/named_variants.hpp"
#include "launched_with.cuh"

namespace cuda = headwise::cuda;
using variant = headwise::multi_head<16, 64>;
using scalar = headwise::bfloat16;
using body = cuda::attend_tile<variant, scalar, headwise::no_norm, cuda::forward_settings(64, 64)>;

template __global__ void
launched_with<cuda::attend_by_tiles<body>, body::settings.threads(), std::size_t{body::shared_bytes}>();
