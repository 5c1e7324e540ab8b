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

/// So many elements lie between far neighbours.
inline constexpr std::int64_t far_distance = (std::int64_t{1} << 31) + 64;

/// The far neighbours there are.
template <int Heads>
std::int64_t far_extent(std::int64_t batch, std::int64_t tokens, far_axis axis) {
  return axis == far_axis::batch ? batch : axis == far_axis::heads ? Heads : tokens;
}

/// The view of a tensor with one far axis.
template <int Heads, int Dim, typename T>
head_view<T, Heads, Dim> far_view(T* data, std::int64_t batch, std::int64_t tokens, far_axis axis) {
  switch (axis) {
    case far_axis::batch:
      return {data, batch, tokens, far_distance, Heads * Dim, Dim};
    case far_axis::tokens:
      return {data, batch, tokens, Heads * Dim, far_distance, Dim};
    case far_axis::heads:
      return {data, batch, tokens, tokens * Dim, Dim, far_distance};
    case far_axis::tokens_backwards:
      return {data + (tokens - 1) * far_distance, batch, tokens, Heads * Dim, -far_distance, Dim};
  }
  return {};
}

/// A tensor with one far axis, on memory that exists only where it is touched.
template <typename T, int Heads, int Dim>
class far_tensor {
 public:
  far_tensor(std::int64_t batch, std::int64_t tokens, far_axis axis)
      : bytes_(static_cast<std::size_t>(far_extent<Heads>(batch, tokens, axis) * far_distance) * sizeof(T)),
        memory_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    view_ = far_view<Heads, Dim>(static_cast<T*>(memory_), batch, tokens, axis);
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
  std::size_t bytes_;
  void* memory_;
  head_view<T, Heads, Dim> view_;
};

}  // namespace headwise::test
