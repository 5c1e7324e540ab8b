// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/stored_numbers.hpp"

namespace headwise::cpu {

/// Numbers in the type that sums over them are taken in: where they stand, or in a copy where they are of 16 bits.
template <typename T>
const sum_type<T>* summed_numbers(std::span<const T> numbers, host_workspace::frame& frame) {
  using real = sum_type<T>;
  if constexpr (std::is_same_v<T, real>) {
    return numbers.data();
  } else {
    const auto count = static_cast<std::int64_t>(numbers.size());
    real* copy = frame.take<real>(count);
    convert(numbers.data(), count, real(1), copy);
    return copy;
  }
}

/// Heads in the type that sums over them are taken in, a few tokens at a time: where they stand, or in a copy of the
/// thread's own where they are of 16 bits.
template <typename T, int Heads, int Dim>
class summed_heads {
  using number = std::remove_const_t<T>;
  static constexpr bool in_place = !is_half_precision<number>;

 public:
  using real = sum_type<number>;

  /// Takes the room for copies of so many tokens, for every thread.
  summed_heads(const head_view<T, Heads, Dim>& stored, std::int64_t tokens, host_workspace::frame& frame)
      : stored_(stored), copy_size_(tokens * Heads * Dim) {
    if constexpr (!in_place) copies_ = frame.take<real>(thread_count() * copy_size_);
  }

  /// Where the heads of the tokens [first, end) of a sequence are read or written, as a sequence of their own.
  auto place(std::int64_t b, std::int64_t first, std::int64_t end, int thread) const {
    if constexpr (in_place)
      return head_view<T, Heads, Dim>{stored_.row(b, first, 0), 1, end - first, 0, stored_.token_stride,
                                      stored_.head_stride};
    else
      return batch_token_head_view<Heads, Dim>(copies_ + thread * copy_size_, 1, end - first);
  }

  /// The same heads, to be read.
  head_view<const real, Heads, Dim> read(std::int64_t b, std::int64_t first, std::int64_t end, int thread) const {
    const auto heads = place(b, first, end, thread);
    if constexpr (!in_place)
      for_each_head(b, first, end, heads, [](const T* stored, real* copy) { convert(stored, Dim, real(1), copy); });
    return heads;
  }

  /// Rounds what has been written at their place.
  void store(std::int64_t b, std::int64_t first, std::int64_t end, int thread) const {
    if constexpr (!in_place)
      for_each_head(b, first, end, place(b, first, end, thread),
                    [](T* stored, const real* copy) { convert(copy, Dim, real(1), stored); });
  }

 private:
  template <typename Act>
  void for_each_head(std::int64_t b, std::int64_t first, std::int64_t end, const head_view<real, Heads, Dim>& copies,
                     const Act& act) const {
    for (std::int64_t n = first; n < end; ++n)
      for (int h = 0; h < Heads; ++h) act(stored_.row(b, n, h), copies.row(0, n - first, h));
  }

  head_view<T, Heads, Dim> stored_;
  std::int64_t copy_size_;
  real* copies_ = nullptr;
};

}  // namespace headwise::cpu
