// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/cuda/device_memory.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"

namespace headwise::test {

/// What one warp multiplies, and adds the product to.
template <typename T>
struct factors {
  T a[16][16];
  T b[16][8];
  float c[16][8];
};

template <typename T>
HEADWISE_DEVICE std::uint32_t pair_of(const T& low, const T& high) {
  return cuda::load_global(&low.bits) | std::uint32_t{cuda::load_global(&high.bits)} << 16;
}

/// Every lane takes what PTX gives it of mma.m16n8k16: with group g = lane / 4 and t = lane % 4, element i of a lies in
/// row g, or g + 8 for i = 2, 3, 6, 7, and in column 2 t + (i & 1), or 8 more for i >= 4; element i of b in row
/// 2 t + (i & 1), or 8 more for i >= 2, and in column g; element i of c in row g, or g + 8 for i >= 2, and in column
/// 2 t + (i & 1).
template <typename T>
HEADWISE_KERNEL(32, 1)
multiply_once(const factors<T>* x, float* product) {
  const int g = cuda::lane_index() / 4;
  const int t = cuda::lane_index() % 4;
  std::uint32_t a[4];
  for (int pair = 0; pair < 4; ++pair) {
    const int i = 2 * pair;
    const int row = i == 2 || i == 6 ? g + 8 : g;
    const int column = 2 * t + (i >= 4 ? 8 : 0);
    a[pair] = pair_of(x->a[row][column], x->a[row][column + 1]);
  }
  std::uint32_t b[2];
  for (int pair = 0; pair < 2; ++pair) b[pair] = pair_of(x->b[2 * t + 8 * pair][g], x->b[2 * t + 8 * pair + 1][g]);
  float c[4];
  const auto place = [&](int i) { return 8 * (i >= 2 ? g + 8 : g) + 2 * t + (i & 1); };
  for (int i = 0; i < 4; ++i) c[i] = cuda::load_global(&x->c[0][0] + place(i));
  cuda::multiply_add<T>(c, a, b[0], b[1]);
  for (int i = 0; i < 4; ++i) cuda::store_global(product + place(i), c[i]);
}

/// c + a b by one multiply_add, row by row.
template <typename T>
std::vector<float> multiplied(const factors<T>& x) {
  device_buffer<factors<T>> on_device;
  on_device.assign(std::vector<factors<T>>{x});
  device_buffer<float> product(16 * 8);
  cuda::launch("multiply_once", multiply_once<T>, {1, 32}, nullptr, on_device.data(), product.data());
  return product.values();
}

/// Requires of every element of `multiplied(x)` that it is what adding products in the order of k gives.
template <typename T>
void check_product(const factors<T>& x) {
  const std::vector<float> found = multiplied(x);
  for (std::size_t m = 0; m < 16; ++m)
    for (std::size_t n = 0; n < 8; ++n) {
      // Products are exact in float, so that a contraction of the compiler changes no bit.
      float sum = x.c[m][n];
      for (std::size_t k = 0; k < 16; ++k) sum += static_cast<float>(x.a[m][k]) * static_cast<float>(x.b[k][n]);
      CAPTURE(m);
      CAPTURE(n);
      CHECK(found[8 * m + n] == sum);
    }
}

/// Factors of numbers that `next()` gives.
template <typename T, typename Next>
factors<T> factors_of(const Next& next) {
  factors<T> x;
  for (auto& row : x.a)
    for (T& number : row) number = T(next());
  for (auto& row : x.b)
    for (T& number : row) number = T(next());
  for (auto& row : x.c)
    for (float& number : row) number = next();
  return x;
}

}  // namespace headwise::test
