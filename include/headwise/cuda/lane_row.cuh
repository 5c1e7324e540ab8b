// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/half_precision.hpp"
#include "headwise/cuda/instructions.cuh"
#include "headwise/cuda/register_array.cuh"

namespace headwise::cuda {

/// A row of `Dim` numbers spread over a warp: lane l has the numbers l, l + 32, and so on.
template <typename Real, int Dim>
struct lane_row {
  register_array<Real, (Dim + warp_size - 1) / warp_size> value;

  /// Calls `visit(number, d)` for every number of this lane.
  template <typename Visit>
  HEADWISE_DEVICE void for_each(const Visit& visit) {
    int d = lane_index();
    HEADWISE_UNROLL
    for (Real& number : value) {
      if (d < Dim) visit(number, d);
      d += warp_size;
    }
  }

  /// Whether all of the row is NaN, so that nothing more can change it. All lanes of the warp take part.
  HEADWISE_DEVICE bool is_nan() {
    bool has_number = false;
    for_each([&](Real& number, int) { has_number |= number == number; });
    return !any_lane(has_number);
  }

  /// row += factor other, for a row in global memory.
  template <typename T>
  HEADWISE_DEVICE void add(Real factor, const T* other) {
    for_each([&](Real& number, int d) { number += factor * static_cast<Real>(load_global(other + d)); });
  }

  template <typename T>
  HEADWISE_DEVICE void store(T* to) {
    for_each([&](Real number, int d) { store_global(to + d, static_cast<T>(static_cast<sum_type<T>>(number))); });
  }
};

/// The product of two rows of global memory, all of it for every lane that asks.
template <typename Real, int Dim, typename T>
HEADWISE_DEVICE Real product_of_rows(const T* a, const T* b) {
  Real product = 0;
  for (int d = 0; d < Dim; ++d)
    product += static_cast<Real>(load_global(a + d)) * static_cast<Real>(load_global(b + d));
  return product;
}

}  // namespace headwise::cuda
