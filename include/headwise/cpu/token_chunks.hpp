// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/parallel.hpp"

namespace headwise::cpu {

/// The tokens of a batch in chunks of one sequence each, cut by the shape alone: one task a chunk, and what chunks sum
/// up is added in their order, so that no result depends on threads.
struct token_chunks {
  static constexpr std::int64_t chunk = 64;

  std::int64_t batch;
  std::int64_t tokens;

  std::int64_t per_sequence() const { return (tokens + chunk - 1) / chunk; }
  std::int64_t count() const { return batch * per_sequence(); }

  /// Calls body(b, first, end, chunk index) for every chunk, in parallel.
  template <typename Body>
  void for_each(const Body& body) const {
    parallel_for(count(), [&](std::int64_t index, int /*thread*/) {
      const std::int64_t first = index % per_sequence() * chunk;
      body(index / per_sequence(), first, std::min(first + chunk, tokens), index);
    });
  }

  /// Calls body(b, first, end, sums), where `sums` are `size` zeros of the chunk's own, and adds all of them to
  /// `total`.
  template <typename T, typename Body>
  void sum_over(std::int64_t size, T* total, host_workspace& workspace, const Body& body) const {
    host_workspace::frame frame(workspace);
    T* sums = frame.take<T>(count() * size);
    for_each([&](std::int64_t b, std::int64_t first, std::int64_t end, std::int64_t index) {
      std::fill_n(sums + index * size, size, T(0));
      body(b, first, end, sums + index * size);
    });
    for (std::int64_t index = 0; index < count(); ++index)
      for (std::int64_t i = 0; i < size; ++i) total[i] += sums[index * size + i];
  }
};

}  // namespace headwise::cpu
