// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/product_factors.hpp"

namespace headwise::cpu::tiles {

/// A left factor of which runs of elements are read at a time, neighbours along the contiguous depth. A right factor
/// has such runs beside each other, [depth / Run][columns][Run]: where columns are few, a broadcast is worth as many
/// multiplications as one of a single element is with `Run` times as many. Sums have to be added up over the runs.
template <typename F, int Run>
struct left_runs {
  const F* data;
  std::int64_t row_step;

  left_runs from_row(std::int64_t i) const { return {further_on(data, i * row_step), row_step}; }
};

/// Where element k of column j stands in a right factor of so many columns that has such runs.
template <int Run>
constexpr std::int64_t place_in_runs(std::int64_t columns, std::int64_t j, std::int64_t k) {
  return (k / Run * columns + j) * Run + k % Run;
}

/// Whether there are broadcasts of runs of so many elements.
template <typename F>
constexpr bool can_be_left_runs(int run) {
  using p = packet<float>;
  return sizeof(F) == sizeof(float) && sizeof(typename factor<F>::type) == sizeof(typename p::type) &&
         ((run == 2 && p::template broadcasts_runs<2>) || (run == 4 && p::template broadcasts_runs<4>));
}

template <typename F, int Run>
EIGEN_ALWAYS_INLINE typename factor<F>::type broadcast_element(const left_runs<F, Run>& column, std::int64_t row) {
  return __builtin_bit_cast(typename factor<F>::type,
                            packet<float>::template broadcast_run<Run>(column.data + row * column.row_step));
}
template <typename F, int Run>
EIGEN_ALWAYS_INLINE void go_to_next_column(left_runs<F, Run>& left) {
  left.data += Run;
}

}  // namespace headwise::cpu::tiles
