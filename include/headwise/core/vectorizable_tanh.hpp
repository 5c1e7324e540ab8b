// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <type_traits>

#include "headwise/core/host_device.hpp"

namespace headwise {

namespace detail {

/// The polynomial in x with these coefficients, the highest power's first.
template <typename Real, typename... Lower>
constexpr Real horner(Real x, Real highest, Lower... lower) {
  Real value = highest;
  ((value = value * x + lower), ...);
  return value;
}

/// e^r - 1 for |r| <= ln 2 / 2: r + r^2 P(r) with the polynomial P that makes its relative error least.
template <typename Real>
constexpr Real expm1_near_zero(Real r) {
  Real tail;
  if constexpr (std::is_same_v<Real, float>)
    tail = horner(r, 1.38825167e-3F, 8.36654655e-3F, 4.16672007e-2F, 0.166665434F, 0.499999981F);
  else
    tail = horner(r, 2.1216849578104565e-9, 2.5098675365920437e-8, 2.7556514213536332e-7, 2.7557271551352514e-6,
                  2.4801587949099296e-5, 1.9841269862056217e-4, 1.3888888888690958e-3, 8.3333333333297595e-3,
                  4.1666666666666862e-2, 0.16666666666666668, 0.5);
  return tail * (r * r) + r;
}

/// The bits of |x|, of `largest` where that is less, and all ones for NaN. Numbers in the order of their bits are in
/// their own order, and neither a branch nor the comparison of numbers is left that keeps a loop from becoming vectors.
template <typename Bits, typename Real>
constexpr Bits bits_of_magnitude(Real x, Real largest) {
  constexpr Bits infinity = __builtin_bit_cast(Bits, std::numeric_limits<Real>::infinity());
  const Bits magnitude = __builtin_bit_cast(Bits, x) & (~Bits{0} >> 1);
  const Bits limit = __builtin_bit_cast(Bits, largest);
  return (magnitude < limit ? magnitude : limit) | (Bits{0} - Bits{magnitude > infinity});
}

}  // namespace detail

/// tanh(x) without calls and branches, so that compilers make vectors of a loop over it: relative error below 2 units
/// in the last place; NaN stays NaN. It is m / (m + 2) with m = e^(2 |x|) - 1, of which 2^n comes from the exponent of
/// a number and the rest from a polynomial. Other types than float and double, and the device, take their own.
template <typename Real>
HEADWISE_HOST_DEVICE inline Real vectorizable_tanh(Real x) {
#if !defined(__CUDA_ARCH__)
  if constexpr (std::is_same_v<Real, float> || std::is_same_v<Real, double>) {
    using bits = std::conditional_t<std::is_same_v<Real, float>, std::uint32_t, std::uint64_t>;
    constexpr int digits = std::numeric_limits<Real>::digits;
    // A number that is whole and large enough has n plus the bias of exponents in its lowest bits.
    constexpr Real shift =
        static_cast<Real>(std::uint64_t{3} << (digits - 2)) + Real(std::numeric_limits<Real>::max_exponent - 1);
    constexpr Real certainly_one = Real(digits + 3) * std::numbers::ln2_v<Real> / 2;

    const Real doubled = 2 * __builtin_bit_cast(Real, detail::bits_of_magnitude<bits>(x, certainly_one));
    const Real shifted = doubled * std::numbers::log2e_v<Real> + shift;
    const Real rest = doubled - (shifted - shift) * std::numbers::ln2_v<Real>;
    const Real power = __builtin_bit_cast(Real, __builtin_bit_cast(bits, shifted) << (digits - 1));
    const Real m = detail::expm1_near_zero(rest) * power + (power - 1);
    return std::copysign(m / (m + 2), x);
  }
#endif
  return std::tanh(x);
}

}  // namespace headwise
