// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/attend_few_queries.cuh"
#include "headwise/named_variants.hpp"
#include "launched_with.cuh"

namespace cuda = headwise::cuda;
using variant = headwise::mea_virtual_heads<32, 16, 128>;
using scalar = headwise::bfloat16;
using body = cuda::decode_tile<variant, scalar, true, cuda::decode_settings_for<variant, true, 2>>;

template __global__ void
launched_with<cuda::decode_by_tiles<body>, body::settings.threads(), std::size_t{body::shared_bytes}>();
