// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/core/head_view.hpp"
#include "headwise/cuda/device_memory.cuh"
#include "support/far_tensor.hpp"
#include "support/head_tensor.hpp"

namespace headwise::test {

/// A tensor in device memory with one far axis.
template <typename T, int Heads, int Dim>
class far_device_tensor {
 public:
  far_device_tensor(const head_tensor<T, Heads, Dim>& near, far_axis axis)
      : memory_(static_cast<std::size_t>(far_extent<Heads>(near.batch(), near.tokens(), axis) * far_distance)),
        view_(far_view<Heads, Dim>(memory_.data(), near.batch(), near.tokens(), axis)) {
    for_each_row([&](std::int64_t b, std::int64_t n, int h) {
      cuda::copy_to_device(view_.row(b, n, h), near.view().row(b, n, h), Dim * sizeof(T), {});
    });
    cuda::synchronize({});
  }

  head_view<T, Heads, Dim> view() const { return view_; }

  std::vector<T> values() const {
    head_tensor<T, Heads, Dim> near(view_.batch, view_.tokens);
    for_each_row([&](std::int64_t b, std::int64_t n, int h) {
      cuda::copy_to_host(near.view().row(b, n, h), view_.row(b, n, h), Dim * sizeof(T), {});
    });
    cuda::synchronize({});
    return values_of(near);
  }

 private:
  template <typename Visit>
  void for_each_row(const Visit& visit) const {
    for (std::int64_t b = 0; b < view_.batch; ++b)
      for (std::int64_t n = 0; n < view_.tokens; ++n)
        for (int h = 0; h < Heads; ++h) visit(b, n, h);
  }

  device_buffer<T> memory_;
  head_view<T, Heads, Dim> view_;
};

}  // namespace headwise::test
