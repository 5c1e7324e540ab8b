// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "headwise/core/host_device.hpp"

namespace headwise {

/// Non-owning view of one vector per token, logically [batch][tokens][width]: the inputs and outputs of a layer. The
/// features of one token are contiguous, the other strides are free.
template <typename T>
struct token_view {
  T* data = nullptr;
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t width = 0;
  std::int64_t batch_stride = 0;
  std::int64_t token_stride = 0;

  /// The vector [width] of one token.
  HEADWISE_HOST_DEVICE constexpr T* row(std::int64_t b, std::int64_t token) const {
    return data + b * batch_stride + token * token_stride;
  }

  /// The same vectors, read-only.
  // NOLINTNEXTLINE(google-explicit-constructor): adding const is safe, as for pointers
  template <typename Const>
  requires(std::is_same_v<Const, const T> && !std::is_const_v<T>) HEADWISE_HOST_DEVICE constexpr
  operator token_view<Const>() const {
    return {data, batch, tokens, width, batch_stride, token_stride};
  }
};

/// A contiguous buffer [batch][tokens][width] as a view.
template <typename T>
HEADWISE_HOST_DEVICE constexpr token_view<T> batch_token_view(T* data, std::int64_t batch, std::int64_t tokens,
                                                              std::int64_t width) {
  return {data, batch, tokens, width, tokens * width, width};
}

}  // namespace headwise
