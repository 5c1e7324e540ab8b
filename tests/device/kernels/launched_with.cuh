// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// How `Kernel` is launched, told by the name of a kernel that does nothing: compiled code does not know the dynamic
/// shared memory of its launches, and names are what the device's compiler prints of it.
template <auto Kernel, int Threads, std::size_t SharedBytes>
__global__ void launched_with() {}
