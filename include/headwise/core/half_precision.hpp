// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "headwise/core/host_device.hpp"

namespace headwise {
namespace detail {

/// A finite float or infinity with all but the upper bits gone, `dropped` of them, rounded to nearest even.
HEADWISE_HOST_DEVICE constexpr std::uint32_t round_off(std::uint32_t bits, int dropped) {
  const std::uint32_t half = (1U << (dropped - 1)) - 1;
  return (bits + half + (bits >> dropped & 1U)) >> dropped;
}

HEADWISE_HOST_DEVICE constexpr std::uint16_t bfloat16_bits(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  const bool is_nan = (bits & 0x7fffffffU) > 0x7f800000U;
  return static_cast<std::uint16_t>(is_nan ? (bits >> 16 | 0x40U) : round_off(bits, 16));
}

HEADWISE_HOST_DEVICE constexpr std::uint16_t float16_bits(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000U) {
    half = 0x7e00U;
  } else if (magnitude >= 0x477ff000U) {
    half = 0x7c00U;  // 65,520 and more round to infinity
  } else if (magnitude >= 0x38800000U) {
    half = round_off(magnitude - 0x38000000U, 13);
  } else if (magnitude >= 0x33000000U) {
    // Below 2^-14 the numbers stand 2^-24 apart, whatever their exponent.
    const auto exponent = static_cast<int>(magnitude >> 23);
    half = round_off((magnitude & 0x7fffffU) | 0x800000U, 126 - exponent);
  }
  return static_cast<std::uint16_t>(sign | half);
}

HEADWISE_HOST_DEVICE constexpr float float_of_float16(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16;
  const std::uint32_t exponent = half >> 10 & 0x1fU;
  const std::uint32_t fraction = half & 0x3ffU;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24F;
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, size) | sign);
  }
  const std::uint32_t wide = exponent == 0x1fU ? 0xffU : exponent + 112;
  return __builtin_bit_cast(float, sign | wide << 23 | fraction << 13);
}

}  // namespace detail

/// A number of 16 bits with the exponent of a float and 8 bits of precision, laid out as every bf16. It is for storage:
/// arithmetic converts it to float.
struct bfloat16 {
  std::uint16_t bits = 0;

  constexpr bfloat16() = default;
  /// Rounds to nearest even.
  HEADWISE_HOST_DEVICE constexpr explicit bfloat16(float value) : bits(detail::bfloat16_bits(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): widening loses nothing
  HEADWISE_HOST_DEVICE constexpr operator float() const { return __builtin_bit_cast(float, std::uint32_t{bits} << 16); }
};

/// A number of 16 bits with 5 of exponent and 11 bits of precision (IEEE binary16). It is for storage: arithmetic
/// converts it to float.
struct float16 {
  std::uint16_t bits = 0;

  constexpr float16() = default;
  /// Rounds to nearest even; what is too large becomes infinite.
  HEADWISE_HOST_DEVICE constexpr explicit float16(float value) : bits(detail::float16_bits(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): widening loses nothing
  HEADWISE_HOST_DEVICE constexpr operator float() const { return detail::float_of_float16(bits); }
};

namespace detail {

template <typename T>
struct sum_of {
  using type = T;
};
template <>
struct sum_of<bfloat16> {
  using type = float;
};
template <>
struct sum_of<float16> {
  using type = float;
};

}  // namespace detail

/// The least type that sums over numbers of type T are taken in: T itself, and float for the types of 16 bits.
template <typename T>
using sum_type = typename detail::sum_of<T>::type;

/// Whether a number type is one of the two of 16 bits.
template <typename T>
inline constexpr bool is_half_precision = !std::is_same_v<sum_type<T>, T>;

}  // namespace headwise

namespace std {

/// What the standard says of a number type, as far as 16 bits go.
template <>
struct numeric_limits<headwise::bfloat16> {
  static constexpr bool is_specialized = true;
  static constexpr bool has_infinity = true;
  static constexpr bool has_quiet_NaN = true;
  static constexpr int digits = 8;
  static constexpr headwise::bfloat16 epsilon() { return headwise::bfloat16(0x1p-7F); }
  static constexpr headwise::bfloat16 infinity() { return headwise::bfloat16(std::numeric_limits<float>::infinity()); }
  static constexpr headwise::bfloat16 quiet_NaN() {
    return headwise::bfloat16(std::numeric_limits<float>::quiet_NaN());
  }
};

/// What the standard says of a number type, as far as 16 bits go.
template <>
struct numeric_limits<headwise::float16> {
  static constexpr bool is_specialized = true;
  static constexpr bool has_infinity = true;
  static constexpr bool has_quiet_NaN = true;
  static constexpr int digits = 11;
  static constexpr headwise::float16 epsilon() { return headwise::float16(0x1p-10F); }
  static constexpr headwise::float16 infinity() { return headwise::float16(std::numeric_limits<float>::infinity()); }
  static constexpr headwise::float16 quiet_NaN() { return headwise::float16(std::numeric_limits<float>::quiet_NaN()); }
};

}  // namespace std
