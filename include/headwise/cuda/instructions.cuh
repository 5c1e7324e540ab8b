// SPDX-License-Identifier: Apache-2.0
// Everything that kernels ask of the machine: who a thread is, memory, barriers, exchange between lanes, asynchronous
// copies, tensor cores. Kernels use nothing of the device but these, so that whoever gives them another body can run
// the same kernels elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "headwise/core/half_precision.hpp"

/// A function of device code.
#define HEADWISE_DEVICE __device__ __forceinline__
/// A kernel of blocks of `threads`, at least `blocks` of which share a multiprocessor.
#define HEADWISE_KERNEL(threads, blocks) __global__ void __launch_bounds__(threads, blocks)
/// A parameter of a kernel, read where it was put by the launch.
#define HEADWISE_KERNEL_PARAMETER const __grid_constant__
/// The loop behind is unrolled whole: its index is a constant in every turn, so that arrays stay in registers.
#define HEADWISE_UNROLL _Pragma("unroll")

namespace headwise::cuda {

/// Lanes of a warp.
inline constexpr int warp_size = 32;

/// The index of this thread in its block.
HEADWISE_DEVICE int thread_index() { return static_cast<int>(threadIdx.x); }
/// The index of this thread in its warp.
HEADWISE_DEVICE int lane_index() { return thread_index() % warp_size; }
/// The index of this warp in its block.
HEADWISE_DEVICE int warp_index() { return thread_index() / warp_size; }
/// Threads of every block of the launch.
HEADWISE_DEVICE int threads_per_block() { return static_cast<int>(blockDim.x); }
/// The index of this block in the launch.
HEADWISE_DEVICE std::int64_t block_index() { return blockIdx.x; }
/// Blocks of the launch.
HEADWISE_DEVICE std::int64_t block_count() { return gridDim.x; }

/// The shared memory that the launch asked for, aligned to 128 bytes.
HEADWISE_DEVICE std::byte* shared_memory() {
  extern __shared__ __align__(128) unsigned char headwise_shared_memory[];
  return reinterpret_cast<std::byte*>(headwise_shared_memory);
}

/// One access of 1, 2, 4, 8 or 16 bytes, to an address that is a multiple of its size.
template <typename T>
HEADWISE_DEVICE T load_global(const T* address) {
  return *address;
}
/// One access of 1, 2, 4, 8 or 16 bytes, to an address that is a multiple of its size.
template <typename T>
HEADWISE_DEVICE void store_global(T* address, std::type_identity_t<T> value) {
  // The compiler takes a struct apart and does not always put its stores together again.
  if constexpr (std::is_class_v<T> && sizeof(T) >= 8) {
    static_assert(sizeof(T) == 8 || sizeof(T) == 16);
    std::uint32_t word[sizeof(T) / 4];
    std::memcpy(word, &value, sizeof(T));
    if constexpr (sizeof(T) == 8) {
      asm volatile("st.global.v2.u32 [%0], {%1, %2};" ::"l"(address), "r"(word[0]), "r"(word[1]) : "memory");
    } else {
      asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(address), "r"(word[0]), "r"(word[1]), "r"(word[2]),
                   "r"(word[3])
                   : "memory");
    }
  } else {
    *address = value;
  }
}
/// The same in shared memory.
template <typename T>
HEADWISE_DEVICE T load_shared(const T* address) {
  return *address;
}
/// The same in shared memory.
template <typename T>
HEADWISE_DEVICE void store_shared(T* address, std::type_identity_t<T> value) {
  *address = value;
}

/// 4, 8 or 16 bytes as one access.
template <int Count>
struct alignas(4 * Count) chunk_words {
  std::uint32_t word[std::size_t{Count}];
};
/// 16 bytes as one access.
using four_words = chunk_words<4>;

/// All threads of the block have come here, and see what the others have written.
HEADWISE_DEVICE void sync_block() { __syncthreads(); }
/// The same among the `threads` threads, whole warps, that come to barrier `barrier`, 1 to 15.
HEADWISE_DEVICE void sync_threads(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}
/// All lanes of the warp have come here, and see what the others have written.
HEADWISE_DEVICE void sync_warp() { __syncwarp(); }

/// The value of the lane whose index differs in the bits of `mask`. All lanes of the warp take part.
template <typename T>
HEADWISE_DEVICE T shuffle_xor(T value, int mask) {
  return __shfl_xor_sync(0xffffffffU, value, mask);
}
/// The value of lane `lane`. All lanes of the warp take part.
template <typename T>
HEADWISE_DEVICE T shuffle_from(T value, int lane) {
  return __shfl_sync(0xffffffffU, value, lane);
}
/// Whether any lane of the warp says yes. All lanes take part.
HEADWISE_DEVICE bool any_lane(bool yes) { return __any_sync(0xffffffffU, yes) != 0; }

/// A byte of shared memory in one register: the sums and differences of addresses are taken in 32 bits.
struct shared_address {
  std::uint32_t value;

  HEADWISE_DEVICE shared_address operator+(int bytes) const { return {value + static_cast<std::uint32_t>(bytes)}; }
  HEADWISE_DEVICE shared_address operator^(int bits) const { return {value ^ static_cast<std::uint32_t>(bits)}; }
};

/// The address of the first byte of shared memory that the launch asked for; a multiple of 128.
HEADWISE_DEVICE shared_address first_shared_address() {
  return {static_cast<std::uint32_t>(__cvta_generic_to_shared(shared_memory()))};
}

/// One access of 4 bytes, to an address that is a multiple of 4.
HEADWISE_DEVICE void store_shared(shared_address address, std::uint32_t value) {
  asm volatile("st.shared.b32 [%0], %1;" ::"r"(address.value), "r"(value) : "memory");
}
/// One access of 16 bytes, to an address that is a multiple of 16.
HEADWISE_DEVICE void store_shared(shared_address address, const four_words& value) {
  asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %4};" ::"r"(address.value), "r"(value.word[0]), "r"(value.word[1]),
               "r"(value.word[2]), "r"(value.word[3])
               : "memory");
}
/// One access of 16 bytes, to an address that is a multiple of 16.
HEADWISE_DEVICE four_words load_four_words(shared_address address) {
  four_words value;
  asm volatile("ld.shared.v4.b32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.word[0]), "=r"(value.word[1]), "=r"(value.word[2]), "=r"(value.word[3])
               : "r"(address.value)
               : "memory");
  return value;
}

/// Starts to copy 16 bytes from global to shared memory, both addresses multiples of 16, or to zero them there where
/// nothing is wanted; nothing is read then. They are there once this thread has waited for the group that they were
/// committed with, and other threads see them after a barrier.
HEADWISE_DEVICE void copy_async(shared_address to, const void* from, bool wanted) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to.value), "l"(from), "r"(wanted ? 16 : 0)
               : "memory");
}
/// Closes a group of this thread's copies.
HEADWISE_DEVICE void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most the latest `Pending` groups of this thread are still on their way.
template <int Pending>
HEADWISE_DEVICE void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

/// Four 8 x 8 matrices of 16-bit numbers from shared memory. Lane 8 i + r gives the address of row r of matrix i, 16
/// bytes at a multiple of 16; lane l gets the numbers 2 (l % 4) and 2 (l % 4) + 1 of row l / 4 of each.
HEADWISE_DEVICE void load_matrices(std::uint32_t (&matrix)[4], shared_address row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(matrix[0]), "=r"(matrix[1]), "=r"(matrix[2]), "=r"(matrix[3])
               : "r"(row.value)
               : "memory");
}
/// The same, of the transposed matrices.
HEADWISE_DEVICE void load_matrices_transposed(std::uint32_t (&matrix)[4], shared_address row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(matrix[0]), "=r"(matrix[1]), "=r"(matrix[2]), "=r"(matrix[3])
               : "r"(row.value)
               : "memory");
}

/// c += a b on the tensor cores, a [16][16] and b [16][8] of 16-bit numbers, c [16][8] of floats, spread over the warp.
/// With r = lane / 4 and p = 2 (lane % 4), a lane holds the pairs a[r][p], a[r + 8][p], a[r][p + 8], a[r + 8][p + 8],
/// the pairs of b^T[r][p] and b^T[r][p + 8], and the pairs c[r][p] and c[r + 8][p].
template <typename T>
HEADWISE_DEVICE void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
  static_assert(std::is_same_v<T, bfloat16> || std::is_same_v<T, float16>);
  if constexpr (std::is_same_v<T, bfloat16>) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
}

/// 2^x to about 22 bits; results below the smallest normal float are 0.
HEADWISE_DEVICE float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// Two floats, rounded to nearest even, as a pair of 16-bit numbers; the first one in the low half.
template <typename T>
HEADWISE_DEVICE std::uint32_t pack(float first, float second) {
  static_assert(std::is_same_v<T, bfloat16> || std::is_same_v<T, float16>);
  std::uint32_t pair;
  if constexpr (std::is_same_v<T, bfloat16>) {
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  } else {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  }
  return pair;
}

/// What a pair of 16-bit numbers unpacks to.
struct two_floats {
  float first;
  float second;
};

/// The two numbers of a pair.
template <typename T>
HEADWISE_DEVICE two_floats unpack(std::uint32_t pair) {
  static_assert(std::is_same_v<T, bfloat16> || std::is_same_v<T, float16>);
  if constexpr (std::is_same_v<T, bfloat16>) {
    return {__uint_as_float(pair << 16), __uint_as_float(pair & 0xffff0000U)};
  } else {
    two_floats numbers;
    asm("{.reg .b16 low, high; mov.b32 {low, high}, %2; cvt.f32.f16 %0, low; cvt.f32.f16 %1, high;}"
        : "=f"(numbers.first), "=f"(numbers.second)
        : "r"(pair));
    return numbers;
  }
}

}  // namespace headwise::cuda
