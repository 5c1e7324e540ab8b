// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/half_precision.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace headwise::test {

// What the types do with bits, worked out from their definition with plain arithmetic on doubles, where all of it is
// exact.
struct binary_format {
  int digits;
  int least_exponent;
  int greatest_exponent;
};
template <typename T>
constexpr binary_format format_of{8, -126, 127};
template <>
constexpr binary_format format_of<float16>{11, -14, 15};

/// The value of a pattern.
template <typename T>
double decoded(std::uint16_t bits) {
  constexpr binary_format f = format_of<T>;
  const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
  const int fraction = bits & ((1 << (f.digits - 1)) - 1);
  const int exponent = (bits & 0x7fff) >> (f.digits - 1);
  if (exponent == 2 * f.greatest_exponent + 1)
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  const int implied = exponent == 0 ? 0 : 1 << (f.digits - 1);
  return sign * std::ldexp(implied + fraction, f.least_exponent + std::max(exponent - 1, 0) - (f.digits - 1));
}

/// The number of the format next to a value, the one with the even last digit where two are.
template <typename T>
double nearest(double value) {
  constexpr binary_format f = format_of<T>;
  if (value == 0 || !std::isfinite(value)) return value;
  const double step = std::ldexp(1.0, std::max(std::ilogb(value), f.least_exponent) - (f.digits - 1));
  const double rounded = std::nearbyint(value / step) * step;
  const bool too_large = std::fabs(rounded) >= std::ldexp(1.0, f.greatest_exponent + 1);
  return too_large ? std::copysign(std::numeric_limits<double>::infinity(), value) : rounded;
}

template <typename T>
T with_bits(std::uint16_t bits) {
  T number;
  number.bits = bits;
  return number;
}

bool same_number(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

template <typename T>
bool rounds_to_nearest(float value) {
  return same_number(static_cast<double>(T(value)), nearest<T>(static_cast<double>(value)));
}

TEST_CASE_TEMPLATE("every pattern of 16 bits has the value that its sign, exponent and fraction make", T, bfloat16,
                   float16) {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto pattern = static_cast<std::uint16_t>(bits);
    wrong += same_number(static_cast<double>(with_bits<T>(pattern)), decoded<T>(pattern)) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("every number of 16 bits comes back from float with the same bits", T, bfloat16, float16) {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const T number = with_bits<T>(static_cast<std::uint16_t>(bits));
    const float wide = number;
    const T back(wide);
    const bool same = std::isnan(wide) ? std::isnan(static_cast<float>(back)) : back.bits == number.bits;
    wrong += same ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("between two neighbours the nearer one is taken, in the middle the even one", T, bfloat16, float16) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  int wrong = 0;
  int ties = 0;
  // Every positive number, the greatest one included, and what comes half a step behind it.
  for (std::uint16_t bits = 0; std::isfinite(static_cast<float>(with_bits<T>(bits))); ++bits) {
    const double low = decoded<T>(bits);
    const double next = decoded<T>(static_cast<std::uint16_t>(bits + 1));
    const double high = std::isfinite(next) ? next : std::ldexp(1.0, format_of<T>.greatest_exponent + 1);
    const auto middle = static_cast<float>((low + high) / 2);
    ties += static_cast<double>(middle) == (low + high) / 2 ? 1 : 0;
    for (const float value : {middle, std::nextafter(middle, 0.0F), std::nextafter(middle, infinity)}) {
      wrong += rounds_to_nearest<T>(value) ? 0 : 1;
      wrong += rounds_to_nearest<T>(-value) ? 0 : 1;
    }
    const bool even = T(middle).bits % 2 == 0;
    wrong += even ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(ties == (format_of<T>.digits == 8 ? 0x7f80 : 0x7c00));
}

TEST_CASE_TEMPLATE("floats of every size round to nearest", T, bfloat16, float16) {
  int wrong = 0;
  // A step without a factor in common with the number of patterns, so that all kinds of fractions come.
  for (std::uint64_t bits = 0; bits <= 0xffffffffU; bits += 4099) {
    const auto value = __builtin_bit_cast(float, static_cast<std::uint32_t>(bits));
    wrong += rounds_to_nearest<T>(value) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("infinities stay, NaNs stay NaNs, and zeros keep their sign", T, bfloat16, float16) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(static_cast<float>(T(infinity)) == infinity);
  CHECK(static_cast<float>(T(-infinity)) == -infinity);
  CHECK(T(0.0F).bits == 0);
  CHECK(T(-0.0F).bits == 0x8000);
  CHECK(T().bits == 0);
  // A NaN whose upper bits are those of an infinity must not become one.
  for (const std::uint32_t bits : {0x7f800001U, 0xff800001U, 0x7fffffffU, 0xffffffffU, 0x7fc00000U})
    CHECK(std::isnan(static_cast<float>(T(__builtin_bit_cast(float, bits)))));
}

TEST_CASE("what is too large for 16 bits becomes infinite, and what is too small zero") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(static_cast<float>(float16(65504.0F)) == 65504.0F);
  CHECK(static_cast<float>(float16(65519.0F)) == 65504.0F);
  CHECK(static_cast<float>(float16(-65520.0F)) == -infinity);
  CHECK(static_cast<float>(bfloat16(std::numeric_limits<float>::max())) == infinity);
  CHECK(static_cast<float>(float16(0x1p-24F)) == 0x1p-24F);
  CHECK(float16(0x1p-25F).bits == 0);
  CHECK(float16(-0x1.8p-25F).bits == 0x8001);
  CHECK(static_cast<float>(bfloat16(0x1p-133F)) == 0x1p-133F);
  CHECK(bfloat16(0x1p-134F).bits == 0);
}

// All of it at compile time.
static_assert(float(bfloat16(1.0F)) == 1.0F && bfloat16(1.0F).bits == 0x3f80);
static_assert(float(float16(-1.5F)) == -1.5F && float16(-1.5F).bits == 0xbe00);
static_assert(float(float16(0x1p-24F)) == 0x1p-24F, "the least subnormal");
static_assert(std::numeric_limits<float16>::infinity() > float16(65504.0F));
static_assert(float(bfloat16(1.0F)) + float(std::numeric_limits<bfloat16>::epsilon()) == float(bfloat16(1.0078125F)));
static_assert(std::is_trivially_copyable_v<bfloat16> && sizeof(bfloat16) == 2 && alignof(bfloat16) == 2);
static_assert(std::is_trivially_copyable_v<float16> && sizeof(float16) == 2 && alignof(float16) == 2);

static_assert(std::is_same_v<sum_type<bfloat16>, float> && std::is_same_v<sum_type<float16>, float>);
static_assert(std::is_same_v<sum_type<float>, float> && std::is_same_v<sum_type<double>, double>);
static_assert(is_half_precision<bfloat16> && is_half_precision<float16>);
static_assert(!is_half_precision<float> && !is_half_precision<double>);

TEST_CASE_TEMPLATE("epsilon is the distance from one to the next number", T, bfloat16, float16) {
  const auto after_one = static_cast<std::uint16_t>(T(1.0F).bits + 1);
  CHECK(static_cast<float>(with_bits<T>(after_one)) == 1 + static_cast<float>(std::numeric_limits<T>::epsilon()));
  CHECK(std::numeric_limits<T>::digits == format_of<T>.digits);
  CHECK(std::isinf(static_cast<float>(std::numeric_limits<T>::infinity())));
  CHECK(std::isnan(static_cast<float>(std::numeric_limits<T>::quiet_NaN())));
}

}  // namespace headwise::test
