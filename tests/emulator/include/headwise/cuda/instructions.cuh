// SPDX-License-Identifier: Apache-2.0
// The same functions as in the library's file of this name, for threads that are emulated on the CPU. Where a fault is
// to be named or counted, a function takes the place of its call besides.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "emulator/call_site.hpp"
#include "emulator/device_functions.hpp"
#include "emulator/device_memory.hpp"
#include "headwise/core/half_precision.hpp"

#define HEADWISE_DEVICE inline
#define HEADWISE_KERNEL(threads, blocks) void
#define HEADWISE_KERNEL_PARAMETER const
#define HEADWISE_UNROLL

namespace headwise::emulator {

/// What the device reads and writes by one instruction.
template <typename T>
inline constexpr bool is_one_access = std::is_trivially_copyable_v<T>&& std::has_single_bit(sizeof(T)) &&
                                      sizeof(T) <= 16;
template <typename T>
inline constexpr bool can_be_shuffled = std::is_arithmetic_v<T> && sizeof(T) <= 8;
template <typename T>
inline constexpr bool is_factor = std::is_same_v<T, bfloat16> || std::is_same_v<T, float16>;

}  // namespace headwise::emulator

namespace headwise::cuda {

using emulator::call_site;

inline constexpr int warp_size = 32;

HEADWISE_DEVICE int thread_index() { return emulator::thread_index(); }
HEADWISE_DEVICE int lane_index() { return thread_index() % warp_size; }
HEADWISE_DEVICE int warp_index() { return thread_index() / warp_size; }
HEADWISE_DEVICE int threads_per_block() { return emulator::threads_per_block(); }
HEADWISE_DEVICE std::int64_t block_index() { return emulator::block_index(); }
HEADWISE_DEVICE std::int64_t block_count() { return emulator::block_count(); }

HEADWISE_DEVICE std::byte* shared_memory() { return emulator::shared_memory(); }

template <typename T>
HEADWISE_DEVICE T load_global(const T* address, call_site where = call_site::here()) {
  static_assert(emulator::is_one_access<T>);
  emulator::before_global_load(address, sizeof(T), where);
  return *emulator::place_on_host(address);
}
template <typename T>
HEADWISE_DEVICE void store_global(T* address, std::type_identity_t<T> value, call_site where = call_site::here()) {
  static_assert(emulator::is_one_access<T>);
  emulator::before_global_store(address, sizeof(T), where);
  *emulator::place_on_host(address) = value;
}
template <typename T>
HEADWISE_DEVICE T load_shared(const T* address, call_site where = call_site::here()) {
  static_assert(emulator::is_one_access<T>);
  emulator::before_shared_load(address, sizeof(T), where);
  return *address;
}
template <typename T>
HEADWISE_DEVICE void store_shared(T* address, std::type_identity_t<T> value, call_site where = call_site::here()) {
  static_assert(emulator::is_one_access<T>);
  emulator::before_shared_store(address, sizeof(T), where);
  *address = value;
}

template <int Count>
struct alignas(4 * Count) chunk_words {
  std::uint32_t word[std::size_t{Count}];
};
using four_words = chunk_words<4>;

HEADWISE_DEVICE void sync_block(call_site where = call_site::here()) { emulator::sync_block(where); }
HEADWISE_DEVICE void sync_threads(int barrier, int threads, call_site where = call_site::here()) {
  emulator::sync_threads(barrier, threads, where);
}
HEADWISE_DEVICE void sync_warp(call_site where = call_site::here()) { emulator::sync_warp(where); }

template <typename T>
HEADWISE_DEVICE T shuffle_xor(T value, int mask, call_site where = call_site::here()) {
  static_assert(emulator::can_be_shuffled<T>);
  emulator::shuffle_xor(&value, sizeof(T), mask, where);
  return value;
}
template <typename T>
HEADWISE_DEVICE T shuffle_from(T value, int lane, call_site where = call_site::here()) {
  static_assert(emulator::can_be_shuffled<T>);
  emulator::shuffle_from(&value, sizeof(T), lane, where);
  return value;
}
HEADWISE_DEVICE bool any_lane(bool yes, call_site where = call_site::here()) { return emulator::any_lane(yes, where); }

/// Counted from the first byte of the block's shared memory.
struct shared_address {
  std::uint32_t value;

  HEADWISE_DEVICE shared_address operator+(int bytes) const { return {value + static_cast<std::uint32_t>(bytes)}; }
  HEADWISE_DEVICE shared_address operator^(int bits) const { return {value ^ static_cast<std::uint32_t>(bits)}; }
  HEADWISE_DEVICE std::byte* pointer() const { return shared_memory() + value; }
};

HEADWISE_DEVICE shared_address first_shared_address() { return {0}; }

HEADWISE_DEVICE void store_shared(shared_address address, std::uint32_t value, call_site where = call_site::here()) {
  store_shared(reinterpret_cast<std::uint32_t*>(address.pointer()), value, where);
}
HEADWISE_DEVICE void store_shared(shared_address address, const four_words& value,
                                  call_site where = call_site::here()) {
  store_shared(reinterpret_cast<four_words*>(address.pointer()), value, where);
}
HEADWISE_DEVICE four_words load_four_words(shared_address address, call_site where = call_site::here()) {
  return load_shared(reinterpret_cast<const four_words*>(address.pointer()), where);
}

HEADWISE_DEVICE void copy_async(shared_address to, const void* from, bool wanted, call_site where = call_site::here()) {
  emulator::copy_async(to.pointer(), from, wanted, where);
}
HEADWISE_DEVICE void commit_copies() { emulator::commit_copies(); }
template <int Pending>
HEADWISE_DEVICE void wait_for_copies(call_site where = call_site::here()) {
  static_assert(Pending >= 0);
  emulator::wait_for_copies(Pending, where);
}

HEADWISE_DEVICE void load_matrices(std::uint32_t (&matrix)[4], shared_address row,
                                   call_site where = call_site::here()) {
  emulator::load_matrices(matrix, row.pointer(), false, where);
}
HEADWISE_DEVICE void load_matrices_transposed(std::uint32_t (&matrix)[4], shared_address row,
                                              call_site where = call_site::here()) {
  emulator::load_matrices(matrix, row.pointer(), true, where);
}

template <typename T>
HEADWISE_DEVICE void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                                  call_site where = call_site::here()) {
  static_assert(emulator::is_factor<T>);
  constexpr auto type = std::is_same_v<T, bfloat16> ? emulator::factor::bfloat16 : emulator::factor::float16;
  emulator::multiply_add(type, c, a, b0, b1, where);
}

HEADWISE_DEVICE float exp2_fast(float x) { return emulator::exp2_fast(x); }

template <typename T>
HEADWISE_DEVICE std::uint32_t pack(float first, float second) {
  static_assert(emulator::is_factor<T>);
  return T(first).bits | std::uint32_t{T(second).bits} << 16;
}

struct two_floats {
  float first;
  float second;
};

template <typename T>
HEADWISE_DEVICE two_floats unpack(std::uint32_t pair) {
  static_assert(emulator::is_factor<T>);
  T low;
  T high;
  low.bits = static_cast<std::uint16_t>(pair);
  high.bits = static_cast<std::uint16_t>(pair >> 16);
  return {static_cast<float>(low), static_cast<float>(high)};
}

}  // namespace headwise::cuda
