// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/attend_few_queries.cuh"
#include "headwise/named_variants.hpp"
#include "launched_with.cuh"

namespace cuda = headwise::cuda;
using variant = headwise::grouped_query<32, 8, 64>;
using scalar = headwise::bfloat16;
using body = cuda::decode_tile<variant, scalar, false, cuda::decode_settings_for<variant, false, 1>>;
using merge = cuda::merge_shape<64>;

template __global__ void
launched_with<cuda::decode_by_tiles<body>, body::settings.threads(), std::size_t{body::shared_bytes}>();
template __global__ void
launched_with<cuda::merge_decode_parts<variant, scalar>, merge::threads, merge::shared_bytes>();
