// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "headwise/core/host_device.hpp"

namespace headwise {

/// Non-owning view of per-head vectors, logically [batch][tokens][Heads][Dim]. The features of one vector are
/// contiguous; every other stride is free (counted in elements, zero and negative allowed), so that
/// [batch][token][head][dim], [batch][head][token][dim], packed projections and broadcasts are all the same type.
template <typename T, int Heads, int Dim>
struct head_view {
  static constexpr int heads = Heads;
  static constexpr int dim = Dim;

  T* data = nullptr;
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t batch_stride = 0;
  std::int64_t token_stride = 0;
  std::int64_t head_stride = 0;

  /// The vector [Dim] of one head of one token.
  HEADWISE_HOST_DEVICE constexpr T* row(std::int64_t b, std::int64_t token, std::int64_t head) const {
    return data + b * batch_stride + token * token_stride + head * head_stride;
  }

  /// The same vectors, read-only.
  // NOLINTNEXTLINE(google-explicit-constructor): adding const is safe, as for pointers
  template <typename Const>
  requires(std::is_same_v<Const, const T> && !std::is_const_v<T>) HEADWISE_HOST_DEVICE constexpr
  operator head_view<Const, Heads, Dim>() const {
    return {data, batch, tokens, batch_stride, token_stride, head_stride};
  }

  /// The tokens [first, first + count) of every sequence.
  HEADWISE_HOST_DEVICE constexpr head_view slice_tokens(std::int64_t first, std::int64_t count) const {
    return {data + first * token_stride, batch, count, batch_stride, token_stride, head_stride};
  }
};

/// Non-owning view of one number per head and token, logically [batch][Heads][tokens] with contiguous tokens: where
/// log-sum-exp values live. A null `data` means that the values are not wanted.
template <typename T, int Heads>
struct head_scalar_view {
  static constexpr int heads = Heads;

  T* data = nullptr;
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t batch_stride = 0;
  std::int64_t head_stride = 0;

  /// The numbers [tokens] of one head.
  HEADWISE_HOST_DEVICE constexpr T* row(std::int64_t b, std::int64_t head) const {
    return data + b * batch_stride + head * head_stride;
  }

  /// The same numbers, read-only.
  // NOLINTNEXTLINE(google-explicit-constructor): adding const is safe, as for pointers
  template <typename Const>
  requires(std::is_same_v<Const, const T> && !std::is_const_v<T>) HEADWISE_HOST_DEVICE constexpr
  operator head_scalar_view<Const, Heads>() const {
    return {data, batch, tokens, batch_stride, head_stride};
  }
};

/// A contiguous buffer [batch][tokens][Heads][Dim] as a view.
template <int Heads, int Dim, typename T>
HEADWISE_HOST_DEVICE constexpr head_view<T, Heads, Dim> batch_token_head_view(T* data, std::int64_t batch,
                                                                              std::int64_t tokens) {
  return {data, batch, tokens, tokens * Heads * Dim, Heads * Dim, Dim};
}

/// A contiguous buffer [batch][Heads][tokens][Dim] as a view.
template <int Heads, int Dim, typename T>
HEADWISE_HOST_DEVICE constexpr head_view<T, Heads, Dim> batch_head_token_view(T* data, std::int64_t batch,
                                                                              std::int64_t tokens) {
  return {data, batch, tokens, tokens * Heads * Dim, Dim, tokens * Dim};
}

/// A contiguous buffer [batch][Heads][tokens] as a view.
template <int Heads, typename T>
HEADWISE_HOST_DEVICE constexpr head_scalar_view<T, Heads> batch_head_scalar_view(T* data, std::int64_t batch,
                                                                                 std::int64_t tokens) {
  return {data, batch, tokens, tokens * Heads, tokens};
}

/// The three views into one packed projection output [batch][tokens][QueryHeads*Dim + KeyHeads*Dim +
/// KeyHeads*ValueDim], the layout that a fused query-key-value projection writes.
template <typename T, int QueryHeads, int KeyHeads, int Dim, int ValueDim = Dim>
struct packed_head_views {
  head_view<T, QueryHeads, Dim> q;
  head_view<T, KeyHeads, Dim> k;
  head_view<T, KeyHeads, ValueDim> v;
};

/// The three views into a contiguous buffer [batch][tokens][QueryHeads * Dim + KeyHeads * Dim + KeyHeads * ValueDim],
/// the layout that a fused query-key-value projection writes.
template <int QueryHeads, int KeyHeads, int Dim, int ValueDim = Dim, typename T>
HEADWISE_HOST_DEVICE constexpr packed_head_views<T, QueryHeads, KeyHeads, Dim, ValueDim> packed_view(
    T* data, std::int64_t batch, std::int64_t tokens) {
  constexpr std::int64_t width = (QueryHeads + KeyHeads) * Dim + KeyHeads * ValueDim;
  return {{data, batch, tokens, tokens * width, width, Dim},
          {data + QueryHeads * Dim, batch, tokens, tokens * width, width, Dim},
          {data + (QueryHeads + KeyHeads) * Dim, batch, tokens, tokens * width, width, ValueDim}};
}

}  // namespace headwise
