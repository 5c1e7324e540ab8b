// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/stored_numbers.hpp"
#include "headwise/cpu/upcoming_rows.hpp"

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

/// Heads in the type that sums over them are taken in, a token or a few at a time: where they stand, or in a copy of
/// the thread's own where they are of 16 bits.
template <typename T, int Heads, int Dim>
class summed_heads {
  using number = std::remove_const_t<T>;
  static constexpr bool in_place = !is_half_precision<number>;

 public:
  using real = sum_type<number>;

  /// Takes the room for copies of so many tokens, for every thread.
  summed_heads(const head_view<T, Heads, Dim>& stored, host_workspace::frame& frame, std::int64_t tokens = 1)
      : stored_(stored), copy_size_(tokens * Heads * Dim) {
    if constexpr (!in_place) copies_ = frame.take<real>(thread_count() * copy_size_);
  }

  /// The tokens [first, first + count) of sequence b, to be read, as a sequence of their own.
  head_view<const real, Heads, Dim> read(std::int64_t b, std::int64_t first, std::int64_t count, int thread) const {
    return loaded(b, first, count, thread);
  }
  /// One token's heads as rows, to be read.
  row_factor<const real> read(std::int64_t b, std::int64_t token, int thread) const {
    const auto heads = read(b, token, 1, thread);
    return {heads.data, heads.head_stride};
  }

  /// One token's heads as rows, to be written, or to be added to, and then stored.
  row_factor<real> write(std::int64_t b, std::int64_t token, int thread,
                         result_write write = result_write::overwrite) const {
    const auto heads = write == result_write::add ? loaded(b, token, 1, thread) : place(b, token, 1, thread);
    return {heads.data, heads.head_stride};
  }
  /// Rounds what has been written, where that is a copy.
  void store(std::int64_t b, std::int64_t token, int thread) const {
    if constexpr (!in_place) {
      const auto heads = place(b, token, 1, thread);
      for (int h = 0; h < Heads; ++h) convert(heads.row(0, 0, h), Dim, real(1), stored_.row(b, token, h));
    }
  }

  /// The heads, as they are stored, of up to `count` tokens of sequence b from `first` on, for products to ask for: of
  /// those before `end`.
  upcoming_rows<number> upcoming(std::int64_t b, std::int64_t first, std::int64_t count, std::int64_t end) const {
    if (first >= end) return {};
    const std::int64_t tokens = std::min(count, end - first);
    return {{stored_.row(b, first, 0), stored_.head_stride}, Dim, Heads, tokens, stored_.token_stride};
  }

 private:
  auto place(std::int64_t b, std::int64_t first, std::int64_t count, int thread) const {
    if constexpr (in_place)
      return head_view<T, Heads, Dim>{stored_.row(b, first, 0), 1, count, 0, stored_.token_stride, stored_.head_stride};
    else
      return batch_token_head_view<Heads, Dim>(copies_ + thread * copy_size_, 1, count);
  }

  auto loaded(std::int64_t b, std::int64_t first, std::int64_t count, int thread) const {
    const auto heads = place(b, first, count, thread);
    if constexpr (!in_place)
      for (std::int64_t n = 0; n < count; ++n)
        for (int h = 0; h < Heads; ++h) convert(stored_.row(b, first + n, h), Dim, real(1), heads.row(0, n, h));
    return heads;
  }

  head_view<T, Heads, Dim> stored_;
  std::int64_t copy_size_;
  real* copies_ = nullptr;
};

}  // namespace headwise::cpu
