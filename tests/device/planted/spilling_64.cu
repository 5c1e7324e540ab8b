// SPDX-License-Identifier: Apache-2.0
// A kernel that has more numbers than registers, to see that it is told.
#include "../kernels/launched_with.cuh"

__global__ void __launch_bounds__(1024) spilling(float* numbers) {
  volatile float* const place = numbers + threadIdx.x;
  float mine[96];
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 96; ++i) sum += mine[i] = place[i * 1024];
#pragma unroll
  for (int i = 0; i < 96; ++i) place[i * 1024] = mine[i] / sum;
}

template __global__ void launched_with<spilling, 1024, 0>();
