// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include "headwise/core/error.hpp"

namespace headwise::wsd::detail {

constexpr bool is_positive(double value) { return value > 0 && value <= std::numeric_limits<double>::max(); }

/// Throws `headwise::error` unless a parameter is positive and finite.
constexpr void require_positive(double value, const char* name) {
  if (!is_positive(value)) headwise::detail::require(false, name, value, "a positive number");
}

/// Throws `headwise::error` unless `low < high`.
constexpr void require_below(double low, const char* name, double high, const char* bound) {
  if (!(low < high))
    headwise::detail::require(false, name, low, headwise::detail::words("less than ", bound, ", ", high));
}

}  // namespace headwise::wsd::detail
