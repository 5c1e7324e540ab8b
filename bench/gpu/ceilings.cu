// SPDX-License-Identifier: Apache-2.0
// What the machine can do at most, for others to be measured by. Both kernels keep their results from being left out by
// writing them in a case that hardly occurs.
#include <headwise/cuda/instructions.cuh>

#include "operation.cuh"

namespace bench {

using namespace headwise::cuda;

/// Reads all chunks of 16 bytes, eight of them at a time.
template <int Threads>
HEADWISE_KERNEL(Threads, 2)
read_all(const four_words* from, std::int64_t count, std::uint32_t* to) {
  constexpr int ahead = 8;
  const std::int64_t step = block_count() * Threads;
  std::uint32_t seen = 0;
  std::int64_t first = block_index() * Threads + thread_index();
  for (; first + (ahead - 1) * step < count; first += ahead * step) {
    four_words chunk[ahead];
    HEADWISE_UNROLL
    for (int i = 0; i < ahead; ++i) chunk[i] = load_global(from + first + i * step);
    HEADWISE_UNROLL
    for (int i = 0; i < ahead; ++i) seen ^= chunk[i].word[0] ^ chunk[i].word[1] ^ chunk[i].word[2] ^ chunk[i].word[3];
  }
  for (; first < count; first += step) seen ^= load_global(from + first).word[0];
  if (seen == 0x5eed5eedU) store_global(to, seen);
}

constexpr int chains = 8;

/// Products of 16 x 16 by 16 x 8 numbers, in registers alone, in `chains` sums per warp.
template <int Threads>
HEADWISE_KERNEL(Threads, 2)
multiply_in_registers(std::int64_t rounds, std::uint32_t* to) {
  // Numbers of both signs between a half and two, all different: products of zeros would be faster than real ones.
  const auto random_pair = [](std::uint32_t seed) { return ((seed * 2654435761U) & 0x80ff80ffU) | 0x3f003f00U; };
  const auto lane = static_cast<std::uint32_t>(thread_index());
  std::uint32_t a[4];
  HEADWISE_UNROLL
  for (std::uint32_t i = 0; i < 4; ++i) a[i] = random_pair(lane * 7 + i);
  const std::uint32_t b0 = random_pair(lane * 7 + 4);
  const std::uint32_t b1 = random_pair(lane * 7 + 5);
  float sums[chains][4] = {};
  for (std::int64_t round = 0; round < rounds; ++round) {
    HEADWISE_UNROLL
    for (int i = 0; i < chains; ++i) multiply_add<bfloat16>(sums[i], a, b0, b1);
  }
  float total = 0;
  HEADWISE_UNROLL
  for (int i = 0; i < chains; ++i) total += sums[i][0] + sums[i][1] + sums[i][2] + sums[i][3];
  if (total == 0.5F) store_global(to, 1);
}

/// Reads `keys` bytes at k on `batch` multiprocessors.
static void read(const headwise_call& c, cuda_workspace& workspace) {
  constexpr int threads = 512;
  workspace.launch("read", read_all<threads>, {.blocks = 4 * c.batch, .threads = threads},
                   static_cast<const four_words*>(c.k), c.keys / 16, static_cast<std::uint32_t*>(c.out));
}

/// `keys` rounds of 8 products of 16 x 16 by 16 x 8 in every one of 16 warps of each of `batch` multiprocessors.
static void multiply(const headwise_call& c, cuda_workspace& workspace) {
  constexpr int threads = 256;
  workspace.launch("multiply", multiply_in_registers<threads>, {.blocks = 2 * c.batch, .threads = threads}, c.keys,
                   static_cast<std::uint32_t*>(c.out));
}

static const registration ceilings({{"read", 0, 0, 0, 0, read}, {"multiply", 0, 0, 0, 0, multiply}});

}  // namespace bench
