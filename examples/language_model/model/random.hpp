// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace language_model {

/// A seed of its own for every use of randomness under one seed (the finaliser of SplitMix64).
constexpr std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t use) {
  std::uint64_t z = seed + (use + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

template <typename Scalar>
void fill_normal(std::span<Scalar> values, double deviation, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal(0, deviation);
  for (Scalar& value : values) value = Scalar(normal(generator));
}

}  // namespace language_model
