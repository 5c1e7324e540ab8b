// SPDX-License-Identifier: Apache-2.0
// Matrices that are spread over the lanes of a warp, and the copies that bring them.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "headwise/cuda/device_memory.cuh"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/runtime.cuh"
#include "support/matrix_factors.hpp"
#include "support/orders.hpp"
#include "support/shared_places.hpp"

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
  device_buffer<loaded> found(32);
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

// Sums of small whole numbers are exact in any order.
TEST_CASE_TEMPLATE("multiply_add is the product of matrices", T, bfloat16, float16) {
  std::mt19937 random(5);
  std::uniform_int_distribution<int> numbers(-9, 9);
  check_product(factors_of<T>([&] { return static_cast<float>(numbers(random)); }));
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
  device_buffer<bfloat16> on_device_a;
  device_buffer<bfloat16> on_device_b;
  on_device_a.assign(a);
  on_device_b.assign(b);
  device_buffer<float> product(16 * 8);
  in_any_order([&] {
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

constexpr int copying_threads = 64;
constexpr int copied_stages = 6;

/// Two stages, in turn: numbers arrive in one while the block sums those of the other. Every thread reads what other
/// threads copied. Of the last stage only the first half is wanted.
HEADWISE_KERNEL(copying_threads, 1) sum_by_stages(const float* x, float* sums) {
  auto* const stages = reinterpret_cast<float*>(cuda::shared_memory());
  const int thread = cuda::thread_index();
  const auto start = [&](int stage) {
    if (stage < copied_stages)
      cuda::copy_async(place_of(stages + 4 * copying_threads * (stage % 2) + 4 * thread),
                       x + 4 * (copying_threads * stage + thread),
                       stage < copied_stages - 1 || thread < copying_threads / 2);
    cuda::commit_copies();
  };
  start(0);
  float sum = 0;
  for (int stage = 0; stage < copied_stages; ++stage) {
    start(stage + 1);
    cuda::wait_for_copies<1>();
    cuda::sync_block();
    for (int i = 0; i < 4; ++i)
      sum += cuda::load_shared(stages + 4 * copying_threads * (stage % 2) + (thread + 17 * i) % (4 * copying_threads));
    cuda::sync_block();
  }
  cuda::store_global(sums + thread, sum);
}

TEST_CASE("copies arrive in stages, and zeros where nothing is wanted") {
  constexpr int of_stage = 4 * copying_threads;
  std::vector<float> x;
  for (int i = 0; i < of_stage * copied_stages; ++i) x.push_back(static_cast<float>(1 + i * 7 % 101));
  device_buffer<float> on_device;
  on_device.assign(x);
  device_buffer<float> sums(copying_threads);
  in_any_order([&] {
    cuda::launch("sum_by_stages", sum_by_stages, {1, copying_threads, 2 * of_stage * sizeof(float)}, nullptr,
                 on_device.data(), sums.data());
    const std::vector<float> found = sums.values();
    for (int thread = 0; thread < copying_threads; ++thread) {
      float sum = 0;
      for (int stage = 0; stage < copied_stages; ++stage)
        for (int i = 0; i < 4; ++i) {
          const int place = (thread + 17 * i) % of_stage;
          if (stage < copied_stages - 1 || place < of_stage / 2)
            sum += x[static_cast<std::size_t>(of_stage * stage + place)];
        }
      REQUIRE(found[static_cast<std::size_t>(thread)] == sum);
    }
  });
}

}  // namespace headwise::test
