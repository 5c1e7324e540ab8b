// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace headwise::emulator {

/// What the orders of blocks and threads are drawn from. It is the environment's HEADWISE_EMULATOR_SEED, or 1, until
/// somebody sets it; every launch begins anew with it.
std::uint64_t seed();
void set_seed(std::uint64_t seed);

/// Shared memory that a block may have: the 163 KB of an A100, unless set otherwise. Nothing else of a device is known
/// to those who work on it, so that results cannot depend on it.
std::size_t most_shared_bytes();
void set_most_shared_bytes(std::size_t bytes);

/// Whether tensor cores sum as those of a device may: eight products at a time and what there is already, all aligned
/// to the largest of them and cut off behind 24 bits. Otherwise they add one product after another, and round.
bool cut_sums();
void set_cut_sums(bool cut);

/// What the host asks of the device, by its kind.
enum class request { allocation, copy, launch, synchronization };

/// One such request fails as CUDA reports it: the next one, or the one after `others` more.
void fail_next(request kind, int others = 0);
inline void fail_next_launch(int others = 0) { fail_next(request::launch, others); }
inline void fail_next_allocation(int others = 0) { fail_next(request::allocation, others); }

/// Throws `headwise::error` if this request is the one that is to fail; `what` names the argument or the work.
void fail_if_asked(request kind, const char* what);

}  // namespace headwise::emulator
