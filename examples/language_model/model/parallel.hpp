// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace language_model {

/// Calls `body(i)` for 0 <= i < count, on several threads where there are several. Bodies write to places of their own,
/// so results do not depend on the number of threads.
template <typename Body>
void parallel_for(std::int64_t count, const Body& body) {
#ifdef _OPENMP
#pragma omp parallel for schedule(static)
#endif
  for (std::int64_t i = 0; i < count; ++i) body(i);
}

/// Calls `body(begin, end)` for the pieces of [0, count).
template <typename Body>
void parallel_for_pieces(std::size_t count, const Body& body) {
  constexpr std::size_t piece = 8192;
  parallel_for(static_cast<std::int64_t>((count + piece - 1) / piece), [&](std::int64_t i) {
    const std::size_t begin = static_cast<std::size_t>(i) * piece;
    body(begin, std::min(count, begin + piece));
  });
}

/// sum += addend.
template <typename Scalar>
void add(const Scalar* addend, std::span<Scalar> sum) {
  parallel_for_pieces(sum.size(), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) sum[i] += addend[i];
  });
}

}  // namespace language_model
