// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "headwise/cuda/runtime.cuh"

namespace headwise::test {

/// Numbers in device memory, for tests.
template <typename T>
class device_array {
 public:
  explicit device_array(std::size_t count)
      : data_(static_cast<T*>(cuda::allocate_device_memory(count * sizeof(T)))), count_(count) {}
  explicit device_array(const std::vector<T>& values) : device_array(values.size()) {
    cuda::copy_to_device(data_, values.data(), count_ * sizeof(T), nullptr);
  }
  ~device_array() { cuda::free_device_memory(data_); }
  device_array(const device_array&) = delete;
  device_array& operator=(const device_array&) = delete;

  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> copy(count_);
    cuda::copy_to_host(copy.data(), data_, count_ * sizeof(T), nullptr);
    cuda::synchronize(nullptr);
    return copy;
  }

 private:
  T* data_;
  std::size_t count_;
};

}  // namespace headwise::test
