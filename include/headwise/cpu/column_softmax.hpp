// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/online_softmax.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

/// `online_softmax::absorb` for a packet of rows at once, whose scores for a key stand beside each other, `key_step`
/// apart from those for the next key, as weights of an element of keys do. `factors` receives one factor for each row.
template <typename F, typename Real>
void absorb_columns(const Real* scores, std::int64_t keys, std::int64_t key_step, Real scale,
                    online_softmax<Real>* rows, F* weights, Real* factors) {
  using p = packet<Real>;
  Real largest[p::size];
  p::store(largest, largest_of_packets(scores, keys, key_step));

  Real shifts[p::size];
  for (int i = 0; i < p::size; ++i) {
    largest[i] = std::max(rows[i].largest, scale * largest[i]);
    shifts[i] = -online_softmax<Real>::shift_of(largest[i]);
  }
  const typename p::type shift = p::load(shifts);
  const typename p::type scales = p::broadcast(scale);
  typename p::type sum = p::zero();
  const auto weight_of = [&](std::int64_t k) __attribute__((always_inline)) {
    const typename p::type weight = p::exp2(p::multiply_add(p::load(scores + k * key_step), scales, shift));
    sum = p::add(sum, weight);
    return weight;
  };
  if constexpr (factor<F>::depth == 1) {
    for (std::int64_t k = 0; k < keys; ++k) p::store(weights + k * key_step, weight_of(k));
  } else {
    for (std::int64_t k = 0; k < keys; k += 2) {
      const typename p::type first = weight_of(k);
      factor<F>::store_pairs(weights + k / 2 * key_step, first, k + 1 < keys ? weight_of(k + 1) : p::zero());
    }
  }
  Real added[p::size];
  p::store(added, sum);
  for (int i = 0; i < p::size; ++i) factors[i] = rows[i].add(largest[i], added[i]);
}

}  // namespace headwise::cpu
