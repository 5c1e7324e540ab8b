// SPDX-License-Identifier: Apache-2.0
// What the emulated instructions call. Each works for the thread that runs, and throws a fault where it is misused.
#pragma once

#include <cstddef>
#include <cstdint>

#include "emulator/call_site.hpp"

namespace headwise::emulator {

int thread_index();
int threads_per_block();
std::int64_t block_index();
std::int64_t block_count();
std::byte* shared_memory();

/// Before an access is made, whether it is right.
void before_global_load(const void* address, std::size_t bytes, const call_site& where);
void before_global_store(const void* address, std::size_t bytes, const call_site& where);
void before_shared_load(const void* address, std::size_t bytes, const call_site& where);
void before_shared_store(const void* address, std::size_t bytes, const call_site& where);

void sync_block(const call_site& where);
void sync_threads(int barrier, int threads, const call_site& where);
void sync_warp(const call_site& where);

/// The value becomes that of another lane.
void shuffle_xor(void* value, std::size_t bytes, int mask, const call_site& where);
void shuffle_from(void* value, std::size_t bytes, int lane, const call_site& where);
bool any_lane(bool yes, const call_site& where);

void copy_async(std::byte* shared, const void* global, bool wanted, const call_site& where);
void commit_copies();
void wait_for_copies(int pending, const call_site& where);

void load_matrices(std::uint32_t (&matrix)[4], const std::byte* row, bool transposed, const call_site& where);

/// The types of 16 bits that tensor cores multiply.
enum class factor { bfloat16, float16 };
void multiply_add(factor type, float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                  const call_site& where);

float exp2_fast(float x);

}  // namespace headwise::emulator
