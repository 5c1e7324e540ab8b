// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

/// The largest numbers of `count` packets, `step` numbers apart, each place by itself; -inf if there are none.
template <typename Real>
typename packet<Real>::type largest_of_packets(const Real* numbers, std::int64_t count, std::int64_t step) {
  using p = packet<Real>;
  constexpr int lanes = 4;
  typename p::type highest[lanes];
  unroll<lanes>([&](int i) __attribute__((always_inline)) {
    highest[i] = p::broadcast(-std::numeric_limits<Real>::infinity());
  });
  const auto take = [&](std::int64_t at, typename p::type & of_lane) __attribute__((always_inline)) {
    of_lane = p::maximum(of_lane, p::load(numbers + at * step));
  };
  std::int64_t j = 0;
  for (; j + lanes <= count; j += lanes)
    unroll<lanes>([&](int i) __attribute__((always_inline)) { take(j + i, highest[i]); });
  for (; j < count; ++j) take(j, highest[0]);
  return p::maximum(p::maximum(highest[0], highest[1]), p::maximum(highest[2], highest[3]));
}

/// The softmax of a row whose scores come tile by tile, in units of log2: the largest score so far, and the sum of
/// 2^(score - largest).
template <typename Real>
struct online_softmax {
  Real largest = -std::numeric_limits<Real>::infinity();
  Real sum = 0;

  /// Makes weights of `count` numbers, a multiple of the packet size, which times `scale` are scores: relative to the
  /// new largest score, and in their place or as numbers of a factor. Returns the factor that brings what was
  /// accumulated before to the same base.
  template <typename F = Real>
  Real absorb(const Real* numbers, std::int64_t count, Real scale, typename factor<F>::number* weights) {
    using p = packet<Real>;
    const Real new_largest =
        std::max(largest, scale * p::largest(largest_of_packets(numbers, count / p::size, p::size)));

    const typename p::type scales = p::broadcast(scale);
    const typename p::type shifts = p::broadcast(-shift_of(new_largest));
    constexpr int lanes = 4;
    typename p::type sums[lanes];
    unroll<lanes>([&](int i) __attribute__((always_inline)) { sums[i] = p::zero(); });
    const auto weigh = [&](std::int64_t at, typename p::type & total) __attribute__((always_inline)) {
      const typename p::type weight = p::exp2(p::multiply_add(p::load(numbers + at), scales, shifts));
      factor<F>::store(weights + at, weight);
      total = p::add(total, weight);
    };
    std::int64_t j = 0;
    for (; j + lanes * p::size <= count; j += lanes * p::size)
      unroll<lanes>([&](int i) __attribute__((always_inline)) { weigh(j + i * p::size, sums[i]); });
    for (; j < count; j += p::size) weigh(j, sums[0]);
    const Real added = p::sum(p::add(p::add(sums[0], sums[1]), p::add(sums[2], sums[3])));

    return add(new_largest, added);
  }

  /// What scores are taken relative to. Without a score above -inf there is nothing to subtract: -inf - (-inf) would be
  /// NaN.
  static Real shift_of(Real largest_score) {
    return largest_score == -std::numeric_limits<Real>::infinity() ? Real(0) : largest_score;
  }

  /// Takes in the sum of weights that were found relative to `shift_of(new_largest)`. Returns the factor that brings
  /// what was accumulated before to the same base.
  Real add(Real new_largest, Real added) {
    const Real factor = sum == Real(0) || new_largest == largest ? Real(1) : std::exp2(largest - shift_of(new_largest));
    largest = new_largest;
    sum = sum * factor + added;
    return factor;
  }

  /// Factors of what two states have accumulated, to add it.
  struct merge_factors {
    Real mine;
    Real other;
  };

  /// Takes in the state of other keys of the same row. An empty state changes nothing.
  merge_factors merge(const online_softmax& other) {
    if (other.sum == Real(0)) return {Real(1), Real(0)};
    if (sum == Real(0)) {
      *this = other;
      return {Real(0), Real(1)};
    }
    const Real both = std::max(largest, other.largest);
    const merge_factors factors{std::exp2(largest - both), std::exp2(other.largest - both)};
    sum = factors.mine * sum + factors.other * other.sum;
    largest = both;
    return factors;
  }

  /// Log-sum-exp in natural log; -inf for a row without any visible key.
  Real log_sum() const {
    if (sum == Real(0)) return -std::numeric_limits<Real>::infinity();
    return largest * std::numbers::ln2_v<Real> + std::log(sum);
  }

  /// What turns accumulated values into their mean; 0 for a row without any visible key.
  Real scale() const { return sum == Real(0) ? Real(0) : Real(1) / sum; }
};

}  // namespace headwise::cpu
