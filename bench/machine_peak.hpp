// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <headwise/cpu/packet.hpp>

namespace bench {

/// One core's rate of fused multiply-adds in floating-point operations per second, measured now: machines change their
/// clock and share their cores, so a share of the peak means something only beside a peak of the same moment.
template <typename T>
double fma_peak() {
  using p = headwise::cpu::packet<T>;
  constexpr int chains = 24;
  constexpr int rounds = 20000;
  typename p::type sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = p::broadcast(T(i));
  const auto factor = p::broadcast(T(0.999));
  const auto term = p::broadcast(T(0.001));
  double best = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round)
      headwise::cpu::unroll<chains>([&](auto i) { sums[i] = p::multiply_add(sums[i], factor, term); });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2.0 * rounds * chains * p::size / took.count());
  }
  T total = 0;
  for (const auto& sum : sums) total += p::sum(sum);
  volatile T used = total;
  static_cast<void>(used);
  return best;
}

}  // namespace bench
