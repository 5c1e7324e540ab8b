// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "headwise/core/half_precision.hpp"
#include "headwise/cpu/factor.hpp"
#include "headwise/cpu/packet.hpp"
#include "headwise/cpu/stored_numbers.hpp"

namespace headwise::cpu {

/// Numbers of 16 bits that a product makes floats of as it reads them: for factors that are not read often enough to
/// repay a copy.
template <typename T>
requires is_half_precision<T>
struct factor<T> {
  using sum = float;
  using number = T;
  static constexpr int depth = 1;
  using type = packet<float>::type;

  EIGEN_ALWAYS_INLINE static type load(const T* from) { return load_as<float>(from); }
  EIGEN_ALWAYS_INLINE static type broadcast(const T* from) { return packet<float>::broadcast(float(*from)); }
  EIGEN_ALWAYS_INLINE static type multiply_add(const type& a, const type& b, const type& sums) {
    return packet<float>::multiply_add(a, b, sums);
  }
  EIGEN_ALWAYS_INLINE static float multiply_add_one(const T& a, const T& b, float value) {
    return value + float(a) * float(b);
  }
};

}  // namespace headwise::cpu
