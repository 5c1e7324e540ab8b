// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/operations/head_checks.hpp"

namespace headwise::reference {

/// sums[i] += numbers[i].
template <typename T>
void add(std::type_identity_t<std::span<const T>> numbers, std::span<T> sums) {
  headwise::detail::check_add(numbers, sums);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = T(sum_type<T>(sums[i]) + sum_type<T>(numbers[i]));
}

}  // namespace headwise::reference
