// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Marks a function as callable on host and device. A policy's functions carry it; without it a policy still works on
/// the CPU, while nvcc reports a call of a host function.
#if defined(__CUDACC__)
#define HEADWISE_HOST_DEVICE __host__ __device__
#else
#define HEADWISE_HOST_DEVICE
#endif
