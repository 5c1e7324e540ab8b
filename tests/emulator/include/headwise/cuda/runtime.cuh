// SPDX-License-Identifier: Apache-2.0
// The same functions as in the library's file of this name, for a device that is emulated on the CPU. It does at once
// what it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "emulator/device_memory.hpp"
#include "emulator/launch.hpp"
#include "emulator/settings.hpp"
#include "headwise/core/error.hpp"
#include "headwise/cuda/shared_bytes.cuh"

namespace headwise::cuda {

using stream = struct emulated_stream*;

inline constexpr std::size_t plain_shared_bytes = 48 * 1024;

inline void* allocate_device_memory(std::size_t bytes) { return emulator::allocate_device_memory(bytes); }
inline void free_device_memory(void* memory) noexcept { emulator::free_device_memory(memory); }

inline void copy_to_device(void* to, const void* from, std::size_t bytes, stream) {
  emulator::copy(to, from, bytes, emulator::copy_direction::to_device);
}
inline void copy_to_host(void* to, const void* from, std::size_t bytes, stream) {
  emulator::copy(to, from, bytes, emulator::copy_direction::to_host);
}
inline void copy_on_device(void* to, const void* from, std::size_t bytes, stream) {
  emulator::copy(to, from, bytes, emulator::copy_direction::on_device);
}
inline void fill_with_zeros(void* to, std::size_t bytes, stream) { emulator::fill_with_zeros(to, bytes); }
inline void synchronize(stream) { emulator::fail_if_asked(emulator::request::synchronization, "stream"); }

inline std::size_t most_shared_bytes() { return emulator::most_shared_bytes(); }

struct launch_shape {
  std::int64_t blocks;
  int threads;
  std::size_t shared_bytes = 0;
};

template <typename... Parameters>
void launch(const char* name, void (*kernel)(Parameters...), const launch_shape& shape, stream,
            const std::type_identity_t<std::remove_cv_t<Parameters>>&... parameters) {
  constexpr std::int64_t most_blocks = 0x7fffffff;
  if (shape.blocks == 0) return;
  detail::require(shape.blocks <= most_blocks, name, detail::words("of ", shape.blocks, " blocks"),
                  detail::words("at most ", most_blocks));
  require_shared_bytes(name, shape.shared_bytes, most_shared_bytes());
  const auto in_thread = [&] { kernel(parameters...); };
  emulator::run_grid(
      {name, shape.blocks, shape.threads, shape.shared_bytes},
      [](const void* called) { (*static_cast<const decltype(in_thread)*>(called))(); }, &in_thread);
}

}  // namespace headwise::cuda
