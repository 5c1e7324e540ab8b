// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace headwise::emulator {

/// The numbers that orders are drawn from, the same for the same seed everywhere (splitmix64).
class random_order {
 public:
  explicit random_order(std::uint64_t seed) : state_(seed) {}

  /// Below `count`, which is at least 1. Its bias, of 2^-32 times count, hurts no order.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>((next() >> 32) * count >> 32); }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31;
  }

  std::uint64_t state_;
};

}  // namespace headwise::emulator
