// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"
#include "headwise/cpu/tile_product.hpp"

namespace headwise::cpu::tiles {

/// How often a dot product goes on, and how far its factors move each time.
struct repetition {
  std::int64_t count = 1;
  std::int64_t a_step = 0;
  std::int64_t b_step = 0;
};

// A few rows of a left factor, `Rows` of them from `row` on, to be multiplied by rows of a right factor one by one:
// add_products(b, sums, ask) adds the products with a row of it, packet by packet, and calls ask(n) with each
// repetition n.

/// Rows that are read for each row of the right factor anew.
template <int Rows, typename F>
class rows_in_memory {
 public:
  static constexpr int count = Rows;

  rows_in_memory(const row_factor<const F>& a, std::int64_t row, std::int64_t depth, const repetition& repeat)
      : data_(a.data + row * a.row_step), row_step_(a.row_step), depth_(depth), repeat_(repeat) {}

  template <typename B, typename Ask>
  EIGEN_ALWAYS_INLINE void add_products(const B* b, typename packet<sum_of<F>>::type (&sums)[std::size_t{Rows}],
                                        const Ask& ask) const {
    const F* a = data_;
    for (std::int64_t n = 0; n < repeat_.count; ++n, a += repeat_.a_step, b += repeat_.b_step) {
      ask(n);
      add_products_once(a, b, sums);
    }
  }

 private:
  template <typename B>
  EIGEN_ALWAYS_INLINE void add_products_once(const F* a, const B* b,
                                             typename packet<sum_of<F>>::type (&sums)[std::size_t{Rows}]) const {
    using f = factor<F>;
    constexpr std::int64_t size = packet<sum_of<F>>::size;
    const std::int64_t whole = depth_ / size * size;
    const auto add = [&](std::int64_t k) __attribute__((always_inline)) {
      typename f::type right = load_elements<F>(b + k * f::depth);
      hold_in_order(right);
      unroll<Rows>([&](int i) __attribute__((always_inline)) {
        sums[i] = f::multiply_add(f::load(a + i * row_step_ + k), right, sums[i]);
      });
    };
    // Machines follow each load by itself: several of them, far apart, reach further ahead than one.
    constexpr int packets = 8 / f::depth;
    std::int64_t k = 0;
    for (; k + packets * size <= whole; k += packets * size)
      unroll<packets>([&](int i) __attribute__((always_inline)) { add(k + i * size); });
    for (; k < whole; k += size) add(k);
    if (whole < depth_) {
      const auto right = load_first_elements<F>(b + whole * f::depth, depth_ - whole);
      unroll<Rows>([&](int i) __attribute__((always_inline)) {
        sums[i] = f::multiply_add(load_first_elements<F>(a + i * row_step_ + whole, depth_ - whole), right, sums[i]);
      });
    }
  }

  const F* data_;
  std::int64_t row_step_;
  std::int64_t depth_;
  repetition repeat_;
};

/// Rows of so many packets that stay in registers: what the nearest cache has to give is left to the right factor.
template <int Rows, int Packets, typename F>
class rows_in_registers {
 public:
  static constexpr int count = Rows;

  EIGEN_ALWAYS_INLINE rows_in_registers(const row_factor<const F>& a, std::int64_t row, std::int64_t /*depth*/,
                                        const repetition& /*repeat*/) {
    unroll<Rows>([&](int i) __attribute__((always_inline)) {
      unroll<Packets>([&](int k) __attribute__((always_inline)) {
        typename factor<F>::type elements = factor<F>::load(a.data + (row + i) * a.row_step + k * size);
        hold(elements);
        packets_[i][k] = elements;
      });
    });
  }

  template <typename B, typename Ask>
  EIGEN_ALWAYS_INLINE void add_products(const B* b, typename packet<sum_of<F>>::type (&sums)[std::size_t{Rows}],
                                        const Ask& ask) const {
    using f = factor<F>;
    ask(0);
    unroll<Packets>([&](int k) __attribute__((always_inline)) {
      typename f::type right = load_elements<F>(b + k * size * f::depth);
      hold_in_order(right);
      unroll<Rows>([&](int i)
                       __attribute__((always_inline)) { sums[i] = f::multiply_add(packets_[i][k], right, sums[i]); });
    });
  }

 private:
  static constexpr std::int64_t size = packet<sum_of<F>>::size;

  typename factor<F>::type packets_[std::size_t{Rows}][std::size_t{Packets}];
};

/// How many rows of so many packets registers hold, half of which are left to the products.
template <typename T>
constexpr int rows_in_registers_at_a_time(int packets) {
  return std::clamp(packet<T>::registers / 2 / packets, 1, 4);
}

}  // namespace headwise::cpu::tiles
