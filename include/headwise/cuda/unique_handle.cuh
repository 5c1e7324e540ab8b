// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace headwise::cuda {

/// The one owner of what CUDA's libraries hand out as a pointer: `Release` gives it back. A std::unique_ptr without its
/// header, which brings strings and streams along and costs nvcc a second in every source.
template <typename T, typename Release>
class unique_handle {
 public:
  unique_handle() = default;
  explicit unique_handle(T* handle) : handle_(handle) {}
  unique_handle(unique_handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  unique_handle& operator=(unique_handle&& other) noexcept {
    if (this != &other) reset(std::exchange(other.handle_, nullptr));
    return *this;
  }
  ~unique_handle() { reset(); }

  T* get() const { return handle_; }

  void reset(T* handle = nullptr) noexcept {
    if (T* const before = std::exchange(handle_, handle)) Release{}(before);
  }

 private:
  T* handle_ = nullptr;
};

}  // namespace headwise::cuda
