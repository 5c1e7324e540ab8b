// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "support/head_tensor.hpp"

namespace headwise::test {

/// The axis along which neighbours lie more than 2^31 elements apart.
enum class far_axis { batch, tokens, heads, tokens_backwards };
inline constexpr far_axis far_axes[] = {far_axis::batch, far_axis::tokens, far_axis::heads, far_axis::tokens_backwards};

/// A tensor with one far axis, on memory that exists only where it is touched.
template <typename T, int Heads, int Dim>
class far_tensor {
 public:
  far_tensor(std::int64_t batch, std::int64_t tokens, far_axis axis)
      : bytes_(static_cast<std::size_t>(far_count(batch, tokens, axis) * distance) * sizeof(T)),
        memory_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    T* data = static_cast<T*>(memory_);
    switch (axis) {
      case far_axis::batch:
        view_ = {data, batch, tokens, distance, Heads * Dim, Dim};
        break;
      case far_axis::tokens:
        view_ = {data, batch, tokens, Heads * Dim, distance, Dim};
        break;
      case far_axis::heads:
        view_ = {data, batch, tokens, tokens * Dim, Dim, distance};
        break;
      case far_axis::tokens_backwards:
        view_ = {data + (tokens - 1) * distance, batch, tokens, Heads * Dim, -distance, Dim};
        break;
    }
  }
  far_tensor(const head_tensor<T, Heads, Dim>& near, far_axis axis) : far_tensor(near.batch(), near.tokens(), axis) {
    for (std::int64_t b = 0; b < view_.batch; ++b)
      for (std::int64_t n = 0; n < view_.tokens; ++n)
        for (int h = 0; h < Heads; ++h) std::copy_n(near.view().row(b, n, h), Dim, view_.row(b, n, h));
  }
  far_tensor(const far_tensor&) = delete;
  far_tensor& operator=(const far_tensor&) = delete;
  ~far_tensor() { munmap(memory_, bytes_); }

  head_view<T, Heads, Dim> view() const { return view_; }

 private:
  static constexpr std::int64_t distance = (std::int64_t{1} << 31) + 64;
  static std::int64_t far_count(std::int64_t batch, std::int64_t tokens, far_axis axis) {
    return axis == far_axis::batch ? batch : axis == far_axis::heads ? Heads : tokens;
  }

  std::size_t bytes_;
  void* memory_;
  head_view<T, Heads, Dim> view_;
};

}  // namespace headwise::test
