// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace headwise::emulator {

/// Accesses of warps to shared memory, and how many more passes over its 32 banks they take than if no two words of one
/// pass were in the same bank.
struct shared_traffic {
  std::int64_t instructions = 0;
  std::int64_t conflicts = 0;
};

/// Accesses of warps to global memory, the sectors of 32 bytes that they touch, and how few would hold as many bytes.
struct global_traffic {
  std::int64_t instructions = 0;
  std::int64_t sectors = 0;
  std::int64_t fewest_sectors = 0;
};

/// What all launches of a kernel did since counting began. An instruction of a warp counts once.
struct statistics {
  std::int64_t launches = 0;
  std::int64_t blocks = 0;
  /// Times that all threads of a block, or those of a named barrier, came together.
  std::int64_t block_barriers = 0;
  std::int64_t named_barriers = 0;
  std::int64_t multiply_adds = 0;
  shared_traffic matrix_loads;
  shared_traffic shared_loads;
  shared_traffic shared_stores;
  global_traffic global_loads;
  global_traffic global_stores;
  /// The two ends of copy_async. What is not wanted is written to shared memory, and not read from global memory.
  shared_traffic copies_to_shared;
  global_traffic copies_from_global;
};

/// Forgets what was counted, and counts from now on; nothing is counted before.
void count_from_now();
void stop_counting();

/// Of the kernel by the name that is given to its launch; all zero if it was not launched.
statistics statistics_of(const std::string& kernel);

/// The kernel's accesses by the place where they stand, a line each, for the message of a test that fails.
std::string accesses_of(const std::string& kernel);

}  // namespace headwise::emulator
