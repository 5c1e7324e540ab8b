// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "emulator/shared_places.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"

namespace headwise::test {

struct loaded {
  std::uint32_t matrix[4];
};

/// Rows of 8 numbers, 48 bytes apart; number j of row i of matrix m is 1000 m + 10 i + j.
template <bool Transposed>
HEADWISE_KERNEL(32, 1)
load_four_matrices(loaded* found) {
  std::byte* row = cuda::shared_memory() + 48 * cuda::lane_index();
  const int m = cuda::lane_index() / 8;
  const int i = cuda::lane_index() % 8;
  for (int j = 0; j < 8; ++j)
    cuda::store_shared(reinterpret_cast<std::uint16_t*>(row) + j, static_cast<std::uint16_t>(1000 * m + 10 * i + j));
  cuda::sync_warp();
  loaded mine;
  if constexpr (Transposed)
    cuda::load_matrices_transposed(mine.matrix, place_of(row));
  else
    cuda::load_matrices(mine.matrix, place_of(row));
  for (int k = 0; k < 4; ++k) cuda::store_global(&found[cuda::lane_index()].matrix[k], mine.matrix[k]);
}

template <bool Transposed>
void check_loaded() {
  device_array<loaded> found(32);
  cuda::launch("load_four_matrices", load_four_matrices<Transposed>, {1, 32, 48 * 32}, nullptr, found.data());
  const auto lanes = found.values();
  // As PTX lays them out: thread T of the warp holds row T / 4, elements 2 (T % 4) and the next one.
  for (std::uint32_t lane = 0; lane < 32; ++lane)
    for (std::uint32_t m = 0; m < 4; ++m) {
      const std::uint32_t row = lane / 4;
      const std::uint32_t column = 2 * (lane % 4);
      const std::uint32_t low = Transposed ? 1000 * m + 10 * column + row : 1000 * m + 10 * row + column;
      const std::uint32_t high = low + (Transposed ? 10 : 1);
      CAPTURE(lane);
      CAPTURE(m);
      CHECK(lanes[lane].matrix[m] == (low | high << 16));
    }
}

TEST_CASE("load_matrices gives every lane two neighbours of a row") { check_loaded<false>(); }
TEST_CASE("load_matrices_transposed gives every lane two neighbours of a column") { check_loaded<true>(); }

template <typename T>
struct factors {
  T a[16][16];
  T b[16][8];
  float c[16][8];
};

template <typename T>
HEADWISE_DEVICE std::uint32_t pair_of(const T& low, const T& high) {
  return cuda::load_global(&low).bits | std::uint32_t{cuda::load_global(&high).bits} << 16;
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

TEST_CASE_TEMPLATE("multiply_add is the product of matrices, each element summed in the order of k", T, bfloat16,
                   float16) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> numbers(-2, 2);
  std::vector<factors<T>> x(1);
  for (auto& row : x[0].a)
    for (T& number : row) number = T(numbers(random));
  for (auto& row : x[0].b)
    for (T& number : row) number = T(numbers(random));
  for (auto& row : x[0].c)
    for (float& number : row) number = numbers(random);
  device_array<factors<T>> on_device(x);
  device_array<float> product(16 * 8);
  cuda::launch("multiply_once", multiply_once<T>, {1, 32}, nullptr, on_device.data(), product.data());
  const auto found = product.values();
  for (std::size_t m = 0; m < 16; ++m)
    for (std::size_t n = 0; n < 8; ++n) {
      // Products are exact in float, so that a contraction of the compiler changes no bit.
      float sum = x[0].c[m][n];
      for (std::size_t k = 0; k < 16; ++k) sum += static_cast<float>(x[0].a[m][k]) * static_cast<float>(x[0].b[k][n]);
      CAPTURE(m);
      CAPTURE(n);
      CHECK(found[8 * m + n] == sum);
    }
}

/// a b for a of 16 x 16 and b of 16 x 8 as kernels do it: both by rows in shared memory, b transposed on its way.
HEADWISE_KERNEL(32, 1) multiply_from_shared(const bfloat16* a, const bfloat16* b, float* product) {
  constexpr int a_stride = 48;
  constexpr int b_stride = 16;
  std::byte* shared_a = cuda::shared_memory();
  std::byte* shared_b = shared_a + 16 * a_stride;
  const int lane = cuda::lane_index();
  cuda::copy_async(place_of(shared_a + lane / 2 * a_stride + lane % 2 * 16), a + 8 * lane, true);
  if (lane < 16) cuda::copy_async(place_of(shared_b + lane * b_stride), b + 8 * lane, true);
  cuda::commit_copies();
  cuda::wait_for_copies<0>();
  cuda::sync_warp();
  std::uint32_t of_a[4];
  std::uint32_t of_b[4];
  cuda::load_matrices(of_a, place_of(shared_a + lane % 16 * a_stride + lane / 16 * 16));
  cuda::load_matrices_transposed(of_b, place_of(shared_b + lane % 16 * b_stride));
  float c[4] = {};
  cuda::multiply_add<bfloat16>(c, of_a, of_b[0], of_b[1]);
  for (int i = 0; i < 4; ++i) cuda::store_global(product + 8 * (lane / 4 + i / 2 * 8) + 2 * (lane % 4) + i % 2, c[i]);
}

TEST_CASE("copies, matrix loads and products fit together") {
  std::vector<bfloat16> a;
  std::vector<bfloat16> b;
  for (int i = 0; i < 256; ++i) a.emplace_back(static_cast<float>(i * 5 % 17 - 8));
  for (int i = 0; i < 128; ++i) b.emplace_back(static_cast<float>(i * 7 % 13 - 5));
  device_array<bfloat16> on_device_a(a);
  device_array<bfloat16> on_device_b(b);
  device_array<float> product(16 * 8);
  for_many_seeds([&] {
    cuda::launch("multiply_from_shared", multiply_from_shared, {1, 32, 16 * 48 + 16 * 16}, nullptr, on_device_a.data(),
                 on_device_b.data(), product.data());
    const auto found = product.values();
    for (std::size_t m = 0; m < 16; ++m)
      for (std::size_t n = 0; n < 8; ++n) {
        float sum = 0;
        for (std::size_t k = 0; k < 16; ++k)
          sum += static_cast<float>(a[16 * m + k]) * static_cast<float>(b[8 * k + n]);
        REQUIRE(found[8 * m + n] == sum);
      }
  });
}

}  // namespace headwise::test
