// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

#include "headwise/core/head_view.hpp"
#include "headwise/operations/head_checks.hpp"

namespace headwise::reference {

/// Copies the first counts[b] tokens (all, where no counts are given) of x [batch][tokens][Heads][Dim] behind the first
/// lengths[b] tokens of slots [batch][capacity][Heads][Dim].
template <typename In, typename T, int Heads, int Dim>
void append_heads(head_view<In, Heads, Dim> x, std::span<const std::int64_t> counts,
                  std::span<const std::int64_t> lengths, head_view<T, Heads, Dim> slots) {
  headwise::detail::check_append_heads(x, counts, lengths, slots);
  for (std::int64_t b = 0; b < x.batch; ++b) {
    const std::int64_t first = headwise::detail::length_of(lengths, b, 0);
    for (std::int64_t n = 0; n < headwise::detail::length_of(counts, b, x.tokens); ++n)
      for (int h = 0; h < Heads; ++h) std::copy_n(x.row(b, n, h), Dim, slots.row(b, first + n, h));
  }
}

}  // namespace headwise::reference
