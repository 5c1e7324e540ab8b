// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace headwise::emulator {

/// Memory of the device, full of NaNs. Whoever reads or writes it past the instructions, copies and products ends the
/// program, as nothing is at its addresses, and what it holds lies at its `place_on_host`; only while a kernel runs may
/// they be read, as masks and scores do that have data.
void* allocate_device_memory(std::size_t bytes);
void free_device_memory(void* memory) noexcept;

/// Whether a kernel runs.
void let_kernels_read(bool may);

/// How far behind an address of the device the host has what it holds.
inline constexpr std::uintptr_t distance_on_host = std::uintptr_t{1} << 42;

template <typename T>
T* place_on_host(T* address) {
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(address) + distance_on_host);
}

/// The blocks that accessed a cell of device memory last, by the numbers of `global_order`.
struct block_accesses {
  std::uint32_t stored;
  std::uint32_t loaded;
};
/// The smallest number that kernels share.
inline constexpr std::size_t bytes_of_cell = 2;

/// Those of the cell at an address of the device, and behind it those of the next ones.
block_accesses* accesses_of_blocks(const void* address);

/// Whether these bytes lie in one piece of device memory.
bool in_device_memory(const void* address, std::size_t bytes);

enum class copy_direction { to_device, to_host, on_device };

/// Copies at once. Throws `headwise::error` as CUDA does where the device's side is not device memory.
void copy(void* to, const void* from, std::size_t bytes, copy_direction direction);
void fill_with_zeros(void* to, std::size_t bytes);

}  // namespace headwise::emulator
