// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

/// `online_softmax::absorb` for a packet of rows at once, whose scores for a key stand beside each other, `key_step`
/// apart from those for the next key. `factors` receives one factor for each row.
template <typename Real>
void absorb_columns(Real* scores, std::int64_t keys, std::int64_t key_step, Real scale, online_softmax<Real>* rows,
                    Real* factors) {
  using p = packet<Real>;
  typename p::type highest = p::broadcast(-std::numeric_limits<Real>::infinity());
  for (std::int64_t k = 0; k < keys; ++k) highest = p::maximum(highest, p::load(scores + k * key_step));
  Real largest[p::size];
  p::store(largest, highest);

  Real shifts[p::size];
  for (int i = 0; i < p::size; ++i) {
    largest[i] = std::max(rows[i].largest, scale * largest[i]);
    shifts[i] = -online_softmax<Real>::shift_of(largest[i]);
  }
  const typename p::type shift = p::load(shifts);
  const typename p::type scales = p::broadcast(scale);
  typename p::type sum = p::zero();
  for (std::int64_t k = 0; k < keys; ++k) {
    const typename p::type weight = p::exp2(p::multiply_add(p::load(scores + k * key_step), scales, shift));
    p::store(scores + k * key_step, weight);
    sum = p::add(sum, weight);
  }
  Real added[p::size];
  p::store(added, sum);
  for (int i = 0; i < p::size; ++i) factors[i] = rows[i].add(largest[i], added[i]);
}

}  // namespace headwise::cpu
