// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <headwise/core/host_memory.hpp>
#include <headwise/cpu/token_chunks.hpp>
#include <vector>

TEST_CASE("chunks cover every token of every sequence once") {
  for (const std::int64_t tokens : {0, 1, 63, 64, 65, 200}) {
    const headwise::cpu::token_chunks chunks{3, tokens};
    std::vector<std::atomic<int>> visits(static_cast<std::size_t>(3 * tokens));
    chunks.for_each([&](std::int64_t b, std::int64_t first, std::int64_t end, int) {
      for (std::int64_t n = first; n < end; ++n) ++visits[static_cast<std::size_t>(b * tokens + n)];
    });
    for (const auto& count : visits) CHECK(count == 1);
  }
}

TEST_CASE("sums of chunks are added to what is there, in the order of the chunks") {
  headwise::host_workspace workspace;
  const headwise::cpu::token_chunks chunks{2, 150};
  // Numbers whose sum depends on the order: large ones cancel, small ones are lost beside them.
  const auto part = [](std::int64_t index) { return index % 2 == 0 ? 1e8F : -1e8F + static_cast<float>(index); };
  float expected[2] = {5, 0};
  for (std::int64_t index = 0; index < chunks.count(); ++index)
    for (float& sum : expected) sum += part(index);
  float total[2] = {5, 0};
  chunks.sum_over(2, total, workspace, [&](std::int64_t b, std::int64_t first, std::int64_t, int, float* sums) {
    const std::int64_t index = b * chunks.per_sequence() + first / headwise::cpu::token_chunks::chunk;
    sums[0] += part(index);
    sums[1] += part(index);
  });
  CHECK(total[0] == expected[0]);
  CHECK(total[1] == expected[1]);
}
