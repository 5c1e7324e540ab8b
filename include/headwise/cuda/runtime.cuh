// SPDX-License-Identifier: Apache-2.0
// What the host asks of a device: memory, copies, launches. Every answer of the driver is looked at, and what is not a
// success is thrown as the library's exception, with CUDA's own text.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "headwise/core/error.hpp"
#include "headwise/cuda/shared_bytes.cuh"

namespace headwise::cuda {

/// The order in which a device does what it is told.
using stream = cudaStream_t;

/// The most shared memory that a block gets without being asked for by name.
inline constexpr std::size_t plain_shared_bytes = 48 * 1024;

/// Throws `headwise::error` unless CUDA reports success; `what` names the argument or the work.
inline void require_success(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  // The error is told once; a later launch must not be blamed for it.
  static_cast<void>(cudaGetLastError());
  throw error(what, std::string(cudaGetErrorName(status)) + " (" + cudaGetErrorString(status) + ")", "cudaSuccess");
}

/// `bytes` of device memory, aligned to 256 bytes; null for none.
inline void* allocate_device_memory(std::size_t bytes) {
  void* memory = nullptr;
  if (bytes > 0) require_success(cudaMalloc(&memory, bytes), "device memory");
  return memory;
}
/// Gives it back, after everything on the device has ended.
inline void free_device_memory(void* memory) noexcept { static_cast<void>(cudaFree(memory)); }

/// Copies from the host in the order of the stream. The host's memory must stay as it is until the stream has come
/// here.
inline void copy_to_device(void* to, const void* from, std::size_t bytes, stream order) {
  if (bytes > 0) require_success(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, order), "copy to the device");
}
/// Copies to the host in the order of the stream. What is there is right once the stream has come to it.
inline void copy_to_host(void* to, const void* from, std::size_t bytes, stream order) {
  if (bytes > 0) require_success(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, order), "copy to the host");
}
/// Copies from device memory to device memory in the order of the stream.
inline void copy_on_device(void* to, const void* from, std::size_t bytes, stream order) {
  if (bytes > 0)
    require_success(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, order), "copy on the device");
}
/// Sets bytes of device memory to zero in the order of the stream.
inline void fill_with_zeros(void* to, std::size_t bytes, stream order) {
  if (bytes > 0) require_success(cudaMemsetAsync(to, 0, bytes, order), "memory to be set to zero");
}
/// Waits until the device has done all that the stream asks for.
inline void synchronize(stream order) { require_success(cudaStreamSynchronize(order), "stream"); }

/// The most shared memory that a block of the current device gets.
inline std::size_t most_shared_bytes() {
  int device = 0;
  int bytes = 0;
  require_success(cudaGetDevice(&device), "device");
  require_success(cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "device");
  return static_cast<std::size_t>(bytes);
}

/// How many blocks, of how many threads, with how much shared memory each.
struct launch_shape {
  std::int64_t blocks;
  int threads;
  std::size_t shared_bytes = 0;
};

/// Starts a kernel in the order of the stream; no blocks, no kernel. Throws `headwise::error` if it does not start.
template <typename... Parameters>
void launch(const char* name, void (*kernel)(Parameters...), const launch_shape& shape, stream order,
            const std::type_identity_t<std::remove_cv_t<Parameters>>&... parameters) {
  constexpr std::int64_t most_blocks = 0x7fffffff;
  if (shape.blocks == 0) return;
  detail::require(shape.blocks <= most_blocks, name, detail::words("of ", shape.blocks, " blocks"),
                  detail::words("at most ", most_blocks));
  const void* function = reinterpret_cast<const void*>(kernel);
  if (shape.shared_bytes > plain_shared_bytes) {
    const cudaError_t status = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                    static_cast<int>(shape.shared_bytes));
    if (status != cudaSuccess) {
      // Said with numbers, where they are the reason. The error is told once, here as well.
      static_cast<void>(cudaGetLastError());
      require_shared_bytes(name, shape.shared_bytes, most_shared_bytes());
    }
    require_success(status, name);
  }
  void* pointers[] = {const_cast<void*>(static_cast<const void*>(&parameters))...};
  require_success(cudaLaunchKernel(function, dim3(static_cast<unsigned>(shape.blocks)),
                                   dim3(static_cast<unsigned>(shape.threads)), pointers, shape.shared_bytes, order),
                  name);
}

}  // namespace headwise::cuda
