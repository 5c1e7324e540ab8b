// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/instructions.cuh"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/cuda/device_memory.cuh"
#include "headwise/cuda/runtime.cuh"
#include "support/orders.hpp"

namespace headwise::test {

template <typename T>
device_buffer<T> on_device(const std::vector<T>& values) {
  device_buffer<T> buffer;
  buffer.assign(values);
  return buffer;
}

template <typename T>
HEADWISE_KERNEL(64, 1)
shuffle_all(T* by_mask, T* from_lane) {
  const T mine = static_cast<T>(100 + 3 * cuda::thread_index());
  for (int i = 0; i < 32; ++i) {
    cuda::store_global(by_mask + 64 * i + cuda::thread_index(), cuda::shuffle_xor(mine, i));
    // A rotation by i, so that every lane takes from another one.
    cuda::store_global(from_lane + 64 * i + cuda::thread_index(),
                       cuda::shuffle_from(mine, (cuda::lane_index() + i) % cuda::warp_size));
  }
}

TEST_CASE_TEMPLATE("shuffles give the value of the lane that they name, in each warp", T, int, std::uint32_t, float,
                   std::int64_t, double) {
  device_buffer<T> by_mask(32 * 64);
  device_buffer<T> from_lane(32 * 64);
  in_any_order([&] {
    cuda::launch("shuffle_all", shuffle_all<T>, {1, 64}, nullptr, by_mask.data(), from_lane.data());
    const auto masked = by_mask.values();
    const auto taken = from_lane.values();
    for (int i = 0; i < 32; ++i)
      for (int thread = 0; thread < 64; ++thread) {
        const int warp = thread / 32 * 32;
        const auto at = static_cast<std::size_t>(64 * i + thread);
        REQUIRE(masked[at] == static_cast<T>(100 + 3 * (warp + (thread % 32 ^ i))));
        REQUIRE(taken[at] == static_cast<T>(100 + 3 * (warp + (thread + i) % 32)));
      }
  });
}

/// Thread t of block b says yes if t == b.
HEADWISE_KERNEL(96, 1) vote(int* any_in_warp) {
  const bool yes = cuda::thread_index() == cuda::block_index();
  const std::int64_t at = cuda::block_index() * cuda::threads_per_block() + cuda::thread_index();
  cuda::store_global(any_in_warp + at, cuda::any_lane(yes) ? 1 : 0);
}

TEST_CASE("votes of a warp are yes exactly where a thread says so") {
  constexpr int blocks = 97;
  device_buffer<int> any_in_warp(blocks * 96);
  cuda::launch("vote", vote, {blocks, 96}, nullptr, any_in_warp.data());
  const auto in_warp = any_in_warp.values();
  for (int block = 0; block < blocks; ++block)
    for (int thread = 0; thread < 96; ++thread) {
      const auto at = static_cast<std::size_t>(block * 96 + thread);
      REQUIRE(in_warp[at] == (thread / 32 == block / 32 ? 1 : 0));
    }
}

/// The two halves of a block go through a ring each, at their own barrier and as often as they like.
HEADWISE_KERNEL(128, 1) two_rings(int* found) {
  auto* shared = reinterpret_cast<int*>(cuda::shared_memory());
  const int half = cuda::thread_index() / 64;
  const int place = cuda::thread_index() % 64;
  int value = cuda::thread_index();
  for (int turn = 0; turn < 3 + 2 * half; ++turn) {
    cuda::store_shared(shared + 64 * half + place, value);
    cuda::sync_threads(1 + half, 64);
    value = cuda::load_shared(shared + 64 * half + (place + 1) % 64);
    cuda::sync_threads(1 + half, 64);
  }
  cuda::store_global(found + cuda::thread_index(), value);
}

TEST_CASE("parts of a block meet at barriers of their own") {
  device_buffer<int> found(128);
  in_any_order([&] {
    cuda::launch("two_rings", two_rings, {1, 128, 128 * sizeof(int)}, nullptr, found.data());
    const auto values = found.values();
    for (int thread = 0; thread < 128; ++thread) {
      const int turns = thread < 64 ? 3 : 5;
      REQUIRE(values[static_cast<std::size_t>(thread)] == thread / 64 * 64 + (thread + turns) % 64);
    }
  });
}

/// All sizes of accesses, through shared memory.
struct sized_values {
  std::uint8_t one;
  std::uint16_t two;
  std::uint32_t four;
  std::uint64_t eight;
  cuda::four_words sixteen;
};

template <typename T>
HEADWISE_DEVICE T through_shared(std::byte* place, T value) {
  cuda::store_shared(reinterpret_cast<T*>(place), value);
  return cuda::load_shared(reinterpret_cast<const T*>(place));
}

HEADWISE_KERNEL(32, 1) copy_all_sizes(const sized_values* from, sized_values* to) {
  std::byte* place = cuda::shared_memory() + 16 * cuda::thread_index();
  from += cuda::thread_index();
  to += cuda::thread_index();
  cuda::store_global(&to->one, through_shared(place, cuda::load_global(&from->one)));
  cuda::store_global(&to->two, through_shared(place, cuda::load_global(&from->two)));
  cuda::store_global(&to->four, through_shared(place, cuda::load_global(&from->four)));
  cuda::store_global(&to->eight, through_shared(place, cuda::load_global(&from->eight)));
  cuda::store_global(&to->sixteen, through_shared(place, cuda::load_global(&from->sixteen)));
}

TEST_CASE("accesses of all sizes carry all bits") {
  std::vector<sized_values> values;
  for (std::uint32_t i = 0; i < 32; ++i) {
    const std::uint32_t bits = 0x9e3779b9U * (i + 1);
    values.push_back({static_cast<std::uint8_t>(bits >> 24),
                      static_cast<std::uint16_t>(bits >> 16),
                      bits,
                      std::uint64_t{bits} << 32 | ~bits,
                      {{bits, bits + 1, bits + 2, bits + 3}}});
  }
  const auto from = on_device(values);
  device_buffer<sized_values> to(values.size());
  cuda::launch("copy_all_sizes", copy_all_sizes, {1, 32, 32 * 16}, nullptr, from.data(), to.data());
  const auto found = to.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(found[i].one == values[i].one);
    CHECK(found[i].two == values[i].two);
    CHECK(found[i].four == values[i].four);
    CHECK(found[i].eight == values[i].eight);
    for (int word = 0; word < 4; ++word) CHECK(found[i].sixteen.word[word] == values[i].sixteen.word[word]);
  }
}

HEADWISE_KERNEL(32, 1) powers_of_two(const float* x, float* y, int count) {
  for (int i = cuda::thread_index(); i < count; i += 32)
    cuda::store_global(y + i, cuda::exp2_fast(cuda::load_global(x + i)));
}

std::vector<float> powers_of(const std::vector<float>& x) {
  const auto from = on_device(x);
  device_buffer<float> to(x.size());
  cuda::launch("powers_of_two", powers_of_two, {1, 32}, nullptr, from.data(), to.data(), static_cast<int>(x.size()));
  return to.values();
}

TEST_CASE("exp2_fast is exact to its 22 bits, and zero below the normal numbers") {
  std::vector<float> x;
  for (float value = -126; value < 128; value += 0.37F) x.push_back(value);
  const std::vector<float> y = powers_of(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp2(static_cast<double>(x[i]));
    REQUIRE(std::abs(static_cast<double>(y[i]) - exact) <= exact * 0x1p-22);
  }
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(powers_of({0.0F, -126.5F, -149.0F, -infinity, infinity, 128.0F}) ==
        std::vector<float>{1, 0, 0, 0, infinity, infinity});
  CHECK(std::isnan(powers_of({std::numeric_limits<float>::quiet_NaN()})[0]));
}

struct two_numbers {
  float first;
  float second;
};

template <typename T>
HEADWISE_KERNEL(32, 1)
pack_pairs(const two_numbers* x, std::uint32_t* pairs, int count) {
  for (int i = cuda::thread_index(); i < count; i += 32)
    cuda::store_global(pairs + i, cuda::pack<T>(cuda::load_global(&x[i].first), cuda::load_global(&x[i].second)));
}

template <typename T>
std::vector<std::uint32_t> packed(const std::vector<two_numbers>& x) {
  const auto from = on_device(x);
  device_buffer<std::uint32_t> to(x.size());
  cuda::launch("pack_pairs", pack_pairs<T>, {1, 32}, nullptr, from.data(), to.data(), static_cast<int>(x.size()));
  return to.values();
}

TEST_CASE("pairs of 16-bit numbers have the first one in the low half, rounded to nearest even") {
  // Half way between two numbers: to the even one, down and up.
  CHECK(packed<bfloat16>({{1.0F, -2.0F}, {1.0F + 0x1p-8F, 1.0F + 0x3p-8F}}) ==
        std::vector<std::uint32_t>{0xc0003f80U, 0x3f823f80U});
  CHECK(packed<float16>({{1.0F, -2.0F}, {1.0F + 0x1p-11F, 1.0F + 0x3p-11F}, {65519.0F, 65520.0F}}) ==
        std::vector<std::uint32_t>{0xc0003c00U, 0x3c023c00U, 0x7c007bffU});
}

template <typename T>
HEADWISE_KERNEL(32, 1)
unpack_pairs(const std::uint32_t* pairs, two_numbers* x, int count) {
  for (int i = cuda::thread_index(); i < count; i += 32) {
    const auto [first, second] = cuda::unpack<T>(cuda::load_global(pairs + i));
    cuda::store_global(&x[i].first, first);
    cuda::store_global(&x[i].second, second);
  }
}

TEST_CASE_TEMPLATE("unpacking gives back what was packed", T, bfloat16, float16) {
  std::vector<std::uint32_t> pairs;
  for (std::uint32_t bits = 0; bits < 0x10000; bits += 7) pairs.push_back(bits | (bits ^ 0x1234U) << 16);
  const auto from = on_device(pairs);
  device_buffer<two_numbers> to(pairs.size());
  cuda::launch("unpack_pairs", unpack_pairs<T>, {1, 32}, nullptr, from.data(), to.data(),
               static_cast<int>(pairs.size()));
  const std::vector<two_numbers> numbers = to.values();
  const std::vector<std::uint32_t> again = packed<T>(numbers);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    T low;
    low.bits = static_cast<std::uint16_t>(pairs[i]);
    if (std::isnan(numbers[i].first)) continue;
    REQUIRE(numbers[i].first == static_cast<float>(low));
    if (!std::isnan(numbers[i].second)) REQUIRE(again[i] == pairs[i]);
  }
}

}  // namespace headwise::test
