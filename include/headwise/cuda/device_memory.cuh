// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "headwise/cuda/cuda_workspace.cuh"
#include "headwise/cuda/runtime.cuh"
#include "headwise/cuda/unique_handle.cuh"

namespace headwise {

/// Numbers in device memory, in the place of a std::vector: it owns them, copies and moves them. New elements have no
/// value. Copies of whole buffers are made in the default stream and waited for: synchronise a stream that does not
/// wait for the default one (cudaStreamNonBlocking) before, where it writes what is copied or reads what is
/// overwritten.
template <typename T>
class device_buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;

  device_buffer() = default;
  explicit device_buffer(std::size_t size) { resize(size); }
  device_buffer(const device_buffer& other) { *this = other; }
  device_buffer(device_buffer&& other) noexcept
      : memory_(std::move(other.memory_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  device_buffer& operator=(const device_buffer& other) {
    if (this == &other) return *this;
    resize(other.size_);
    cuda::copy_on_device(data(), other.data(), size_ * sizeof(T), {});
    cuda::synchronize({});
    return *this;
  }
  device_buffer& operator=(device_buffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ~device_buffer() = default;

  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }

  // NOLINTNEXTLINE(google-explicit-constructor): as a vector turns into a span
  operator std::span<T>() { return {data(), size_}; }
  // NOLINTNEXTLINE(google-explicit-constructor): as a vector turns into a span
  operator std::span<const T>() const { return {data(), size_}; }

  /// Within the capacity nothing is allocated and the elements stay; beyond it they are lost, since no one would wait
  /// for the device to copy them. Throws `headwise::error` if there is not as much memory.
  void resize(std::size_t size) {
    if (size > capacity_) {
      size_ = 0;
      capacity_ = 0;
      memory_.reset();
      memory_.reset(static_cast<T*>(cuda::allocate_device_memory(size * sizeof(T))));
      capacity_ = size;
    }
    size_ = size;
  }

  /// Takes over values of the host, in the order of the stream, the default one unless it is given; they are copied
  /// when this returns.
  void assign(std::span<const T> values, cuda::stream order = {}) {
    resize(values.size());
    cuda::copy_to_device(data(), values.data(), values.size_bytes(), order);
    cuda::synchronize(order);
  }
  /// The values, once the stream, the default one unless it is given, has done what it was told.
  std::vector<T> values(cuda::stream order = {}) const {
    std::vector<T> host(size_);
    cuda::copy_to_host(host.data(), data(), size_ * sizeof(T), order);
    cuda::synchronize(order);
    return host;
  }

 private:
  struct free_memory {
    void operator()(T* memory) const { cuda::free_device_memory(memory); }
  };

  cuda::unique_handle<T, free_memory> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Where the tensors of the CUDA backend live. What is given no workspace is done in the default stream: synchronise a
/// stream that does not wait for it (cudaStreamNonBlocking) before, or give the workspace that works in that stream.
struct cuda_memory {
  template <typename T>
  using buffer = device_buffer<T>;
  template <typename T>
  using cache_buffer = device_buffer<T>;
  using workspace = cuda_workspace;

  /// Sets to zero in the default stream, and waits.
  template <typename T>
  static void set_zero(buffer<T>& numbers) {
    cuda::fill_with_zeros(numbers.data(), numbers.size() * sizeof(T), {});
    cuda::synchronize({});
  }
  /// Sets to zero in the order of the workspace's stream.
  template <typename T>
  static void set_zero(buffer<T>& numbers, workspace& scratch) {
    scratch.fill_with_zeros(numbers.data(), static_cast<std::int64_t>(numbers.size()));
  }
  /// Copies numbers of the host into a buffer, which takes on their count, in the default stream, and waits.
  template <typename T>
  static void store(buffer<T>& to, const std::vector<T>& numbers) {
    to.assign(numbers);
  }
  /// The same in the order of the workspace's stream.
  template <typename T>
  static void store(buffer<T>& to, const std::vector<T>& numbers, workspace& scratch) {
    to.assign(numbers, scratch.order());
  }
  /// The numbers of a buffer, on the host, once the default stream has done what it was told.
  template <typename T>
  static std::vector<T> load(const buffer<T>& from) {
    return from.values();
  }
  /// The same, once the workspace's stream has done what it was told.
  template <typename T>
  static std::vector<T> load(const buffer<T>& from, workspace& scratch) {
    return from.values(scratch.order());
  }
};

}  // namespace headwise
