// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "headwise/cpu/parallel.hpp"
#include "headwise/cpu/tile_product.hpp"
#include "headwise/operations/attend_arguments.hpp"

namespace headwise::cpu {

/// The heads of a tensor, cut into chunks of tokens that are packed in parallel. A chunk is whole panels and elements
/// of factors of type F; chunks are numbered through, [batch][heads][chunks].
template <typename F>
struct packing_chunks {
  static constexpr std::int64_t chunk = 4 * register_tile<sum_of<F>>::columns;

  std::int64_t batch;
  std::int64_t heads;
  std::int64_t tokens;
  std::span<const std::int64_t> lengths;

  constexpr std::int64_t per_head() const { return (tokens + chunk - 1) / chunk; }
  constexpr std::int64_t count() const { return batch * heads * per_head(); }

  /// Calls pack(b, head, first, end, index) for the live tokens [first, end) of every chunk.
  template <typename Pack>
  void for_each(const Pack& pack) const {
    parallel_for(count(), [&](std::int64_t index, int /*thread*/) {
      const std::int64_t b = index / per_head() / heads;
      const std::int64_t live = headwise::detail::length_of(lengths, b, tokens);
      const std::int64_t first = std::min(index % per_head() * chunk, live);
      pack(b, index / per_head() % heads, first, std::min(first + chunk, live), index);
    });
  }

  /// Whether a flag is set for every chunk of a head.
  bool all(const bool* flags, std::int64_t b, std::int64_t head) const {
    const bool* of_head = flags + (b * heads + head) * per_head();
    return std::all_of(of_head, of_head + per_head(), [](bool flag) { return flag; });
  }
};

}  // namespace headwise::cpu
