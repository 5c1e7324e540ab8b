// SPDX-License-Identifier: Apache-2.0
#pragma once

// All of headwise.hpp, and the CUDA backend. Needs nvcc, of CUDA 12 or later, and cuBLAS.

#include "headwise/cuda/cuda_backend.cuh"
#include "headwise/headwise.hpp"
