// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace headwise::emulator {

/// Memory of the device: the host's, of exactly that size for AddressSanitizer, and full of NaNs.
void* allocate_device_memory(std::size_t bytes);
void free_device_memory(void* memory) noexcept;

/// Whether these bytes lie in one piece of device memory.
bool in_device_memory(const void* address, std::size_t bytes);

enum class copy_direction { to_device, to_host, on_device };

/// Copies at once. Throws `headwise::error` as CUDA does where the device's side is not device memory.
void copy(void* to, const void* from, std::size_t bytes, copy_direction direction);
void fill_with_zeros(void* to, std::size_t bytes);

}  // namespace headwise::emulator
