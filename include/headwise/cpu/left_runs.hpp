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

/// Whether there are such broadcasts.
template <typename F, int Run>
inline constexpr bool can_be_left_runs =
    sizeof(F) == sizeof(float) &&
    sizeof(typename factor<F>::type) == sizeof(packet<float>::type) && packet<float>::template broadcasts_runs<Run>;

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
