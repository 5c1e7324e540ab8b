// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/host_memory.hpp"
#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/stored_numbers.hpp"

namespace headwise::cpu {

/// The tokens of a batch in chunks of one sequence each, cut by the shape alone: one task a chunk, and what chunks sum
/// up is added in their order, so that no result depends on threads.
struct token_chunks {
  static constexpr std::int64_t chunk = 64;

  std::int64_t batch;
  std::int64_t tokens;

  std::int64_t per_sequence() const { return (tokens + chunk - 1) / chunk; }
  std::int64_t count() const { return batch * per_sequence(); }

  /// Calls body(b, first, end, thread) for every chunk, in parallel.
  template <typename Body>
  void for_each(const Body& body) const {
    parallel_for(count(), [&](std::int64_t index, int thread) {
      const std::int64_t first = index % per_sequence() * chunk;
      body(index / per_sequence(), first, std::min(first + chunk, tokens), thread);
    });
  }

  /// Calls body(b, first, end, thread, sums), where `sums` are `size` zeros of the chunk's own, and adds all of them to
  /// `total`, which is rounded once.
  template <typename T, typename Body>
  void sum_over(std::int64_t size, T* total, host_workspace& workspace, const Body& body) const {
    using real = sum_type<T>;
    host_workspace::frame frame(workspace);
    real* sums = frame.take<real>(count() * size);
    for_each([&](std::int64_t b, std::int64_t first, std::int64_t end, int thread) {
      real* sums_of_chunk = sums + (b * per_sequence() + first / chunk) * size;
      std::fill_n(sums_of_chunk, size, real(0));
      body(b, first, end, thread, sums_of_chunk);
    });
    real* sums_of_all = frame.take<real>(size);
    convert(total, size, real(1), sums_of_all);
    for (std::int64_t index = 0; index < count(); ++index) add_scaled(sums + index * size, size, real(1), sums_of_all);
    convert(sums_of_all, size, real(1), total);
  }
};

}  // namespace headwise::cpu
