// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/policy_slot.hpp"

namespace headwise {

/// The type that tensors are stored in, and the least type that sums are taken in. Default: float and float, and float
/// for storage of 16 bits. Operations on tensors of another type accumulate in the wider of the two, so that the same
/// variant runs in double for gradient checks; sums over numbers of 16 bits are never taken in 16 bits.
template <typename Storage, typename Accumulator = sum_type<Storage>>
struct number_types {
  static_assert(sizeof(Accumulator) >= sizeof(Storage),
                "headwise: the accumulator of number_types must not be narrower than the storage");
  static_assert(std::is_floating_point_v<Accumulator>,
                "headwise: the accumulator of number_types must be float or a wider floating-point type");
  using slot = number_types_slot;
  using storage = Storage;
  using accumulator = Accumulator;
};

namespace detail {

template <typename A, typename B>
using wider_of = std::conditional_t<(sizeof(A) > sizeof(B)), A, B>;

}  // namespace detail
}  // namespace headwise
