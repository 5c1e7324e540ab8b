// SPDX-License-Identifier: Apache-2.0
#include "headwise/cuda/instructions.cuh"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "emulator/device_array.hpp"
#include "emulator/faults.hpp"
#include "headwise/cuda/runtime.cuh"

namespace headwise::test {

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
  device_array<T> by_mask(32 * 64);
  device_array<T> from_lane(32 * 64);
  for_many_seeds([&] {
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
HEADWISE_KERNEL(96, 1) vote(int* any_in_warp, int* any_in_block) {
  const bool yes = cuda::thread_index() == cuda::block_index();
  const std::int64_t at = cuda::block_index() * cuda::threads_per_block() + cuda::thread_index();
  cuda::store_global(any_in_warp + at, cuda::any_lane(yes) ? 1 : 0);
  // A second question right behind, whose answer must not mix with the first.
  const bool first = cuda::sync_block_or(yes);
  const bool second = cuda::sync_block_or(false);
  cuda::store_global(any_in_block + at, (first ? 1 : 0) + (second ? 2 : 0));
}

TEST_CASE("votes of a warp and of a block are yes exactly where a thread says so") {
  constexpr int blocks = 97;
  device_array<int> any_in_warp(blocks * 96);
  device_array<int> any_in_block(blocks * 96);
  cuda::launch("vote", vote, {blocks, 96}, nullptr, any_in_warp.data(), any_in_block.data());
  const auto in_warp = any_in_warp.values();
  const auto in_block = any_in_block.values();
  for (int block = 0; block < blocks; ++block)
    for (int thread = 0; thread < 96; ++thread) {
      const auto at = static_cast<std::size_t>(block * 96 + thread);
      REQUIRE(in_warp[at] == (thread / 32 == block / 32 ? 1 : 0));
      REQUIRE(in_block[at] == (block < 96 ? 1 : 0));
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
  device_array<int> found(128);
  for_many_seeds([&] {
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
  device_array<sized_values> from(values);
  device_array<sized_values> to(values.size());
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

TEST_CASE("exp2_fast is exact to its 22 bits, and zero below the normal numbers") {
  for (float x = -126; x < 128; x += 0.37F) {
    const double exact = std::exp2(static_cast<double>(x));
    REQUIRE(std::abs(static_cast<double>(cuda::exp2_fast(x)) - exact) <= exact * 0x1p-22);
  }
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(cuda::exp2_fast(0.0F) == 1.0F);
  CHECK(cuda::exp2_fast(-126.0F) == std::numeric_limits<float>::min());
  CHECK(cuda::exp2_fast(-126.5F) == 0.0F);
  CHECK(cuda::exp2_fast(-149.0F) == 0.0F);
  CHECK(cuda::exp2_fast(-infinity) == 0.0F);
  CHECK(cuda::exp2_fast(infinity) == infinity);
  CHECK(cuda::exp2_fast(128.0F) == infinity);
  CHECK(std::isnan(cuda::exp2_fast(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("pairs of 16-bit numbers have the first one in the low half, rounded to nearest even") {
  CHECK(cuda::pack<bfloat16>(1.0F, -2.0F) == 0xc0003f80U);
  CHECK(cuda::pack<float16>(1.0F, -2.0F) == 0xc0003c00U);
  // Half way between two numbers: to the even one, down and up.
  CHECK(cuda::pack<bfloat16>(1.0F + 0x1p-8F, 1.0F + 0x3p-8F) == 0x3f823f80U);
  CHECK(cuda::pack<float16>(1.0F + 0x1p-11F, 1.0F + 0x3p-11F) == 0x3c023c00U);
  CHECK(cuda::pack<float16>(65519.0F, 65520.0F) == 0x7c007bffU);
}

TEST_CASE_TEMPLATE("unpacking gives back what was packed", T, bfloat16, float16) {
  for (std::uint32_t bits = 0; bits < 0x10000; bits += 7) {
    const std::uint32_t pair = bits | (bits ^ 0x1234U) << 16;
    const auto [first, second] = cuda::unpack<T>(pair);
    if (!std::isnan(first) && !std::isnan(second)) REQUIRE(cuda::pack<T>(first, second) == pair);
    T low;
    low.bits = static_cast<std::uint16_t>(bits);
    if (!std::isnan(first)) REQUIRE(first == static_cast<float>(low));
  }
}

TEST_CASE("an instruction outside of a kernel is a fault") {
  CHECK(contains(fault_of([] { cuda::sync_block(); }), "outside of a kernel"));
}

}  // namespace headwise::test
