// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

namespace tiles {

/// As many integers as a packet of T has numbers.
template <typename Integer, typename T>
struct integer_lanes {
  using type __attribute__((vector_size(sizeof(Integer) * std::size_t{packet<T>::size}))) = Integer;
};

using half_words = integer_lanes<std::uint16_t, float>::type;
using words = integer_lanes<std::uint32_t, float>::type;
using float_packet = packet<float>::type;

inline words bits_of(const float_packet& numbers) { return __builtin_bit_cast(words, numbers); }
inline float_packet numbers_of(const words& bits) { return __builtin_bit_cast(float_packet, bits); }

/// `a` where `where` is true, `b` elsewhere.
template <typename Mask>
words choose(const Mask& where, const words& a, const words& b) {
  const auto mask = __builtin_bit_cast(words, where);
  return (a & mask) | (b & ~mask);
}

/// Numbers whose lower `dropped` bits go, rounded to nearest even.
inline words round_off(const words& bits, int dropped) {
  return (bits + ((1U << (dropped - 1)) - 1) + ((bits >> dropped) & 1U)) >> dropped;
}

inline words words_of(bfloat16 /*type*/, const words& stored) { return stored << 16; }
inline words words_of(float16 /*type*/, const words& stored) {
  // The exponent of a float16 as one of a float is too small by 112, also below the smallest normal number.
  const words magnitude = (stored & 0x7fffU) << 13;
  const words scaled = bits_of(packet<float>::multiply(numbers_of(magnitude), packet<float>::broadcast(0x1p112F)));
  const words number = choose(magnitude >= 0x0f800000U, magnitude | 0x7f800000U, scaled);
  return number | (stored & 0x8000U) << 16;
}

inline words stored_of(bfloat16 /*type*/, const words& bits) {
  return choose((bits & 0x7fffffffU) > 0x7f800000U, bits >> 16 | 0x40U, round_off(bits, 16));
}
inline words stored_of(float16 /*type*/, const words& bits) {
  const words magnitude = bits & 0x7fffffffU;
  // Numbers that start at 1/2 stand 2^-24 apart, as those of a float16 do that are below its smallest normal number.
  const words denormal =
      bits_of(packet<float>::add(numbers_of(magnitude), packet<float>::broadcast(0.5F))) - 0x3f000000U;
  const words normal = round_off(magnitude - 0x38000000U, 13);
  words half = choose(magnitude < 0x38800000U, denormal, normal);
  half = choose(magnitude >= 0x477ff000U, words{} + 0x7c00U, half);
  half = choose(magnitude > 0x7f800000U, words{} + 0x7e00U, half);
  return half | (bits >> 16 & 0x8000U);
}

/// The bits of numbers as they are stored.
template <typename T>
requires is_half_precision<T> EIGEN_ALWAYS_INLINE words load_words(const T* from) {
  half_words halves;
  std::memcpy(&halves, from, sizeof halves);
  return __builtin_convertvector(halves, words);
}

/// One number in another type, rounded to nearest; to 16 bits by way of float.
template <typename To, typename From>
To converted(From number) {
  return static_cast<To>(static_cast<sum_type<To>>(number));
}

}  // namespace tiles

/// A packet of numbers that are stored in another type.
template <typename Real, typename T>
EIGEN_ALWAYS_INLINE typename packet<Real>::type load_as(const T* from) {
  if constexpr (std::is_same_v<Real, T>) {
    return packet<Real>::load(from);
  } else if constexpr (std::is_same_v<Real, float> && is_half_precision<T>) {
    return tiles::numbers_of(tiles::words_of(T{}, tiles::load_words(from)));
  } else {
    Real numbers[std::size_t{packet<Real>::size}];
    for (int i = 0; i < packet<Real>::size; ++i) numbers[i] = tiles::converted<Real>(from[i]);
    return packet<Real>::load(numbers);
  }
}

/// Fewer numbers than a packet has, and zeros in the place of the others.
template <typename Real, typename T>
typename packet<Real>::type load_first_as(const T* from, std::int64_t count) {
  Real numbers[std::size_t{packet<Real>::size}] = {};
  for (std::int64_t i = 0; i < count; ++i) numbers[i] = tiles::converted<Real>(from[i]);
  return packet<Real>::load(numbers);
}

/// Stores a packet in another type, each number rounded to the nearest.
template <typename Real, typename T>
EIGEN_ALWAYS_INLINE void store_as(T* to, const typename packet<Real>::type& numbers) {
  if constexpr (std::is_same_v<Real, T>) {
    packet<Real>::store(to, numbers);
  } else if constexpr (std::is_same_v<Real, float> && is_half_precision<T>) {
    const auto halves = __builtin_convertvector(tiles::stored_of(T{}, tiles::bits_of(numbers)), tiles::half_words);
    std::memcpy(static_cast<void*>(to), &halves, sizeof halves);
  } else {
    Real one_by_one[std::size_t{packet<Real>::size}];
    packet<Real>::store(one_by_one, numbers);
    for (int i = 0; i < packet<Real>::size; ++i) to[i] = tiles::converted<T>(one_by_one[i]);
  }
}

/// to[i] = factor * from[i], for `count` numbers of any two types.
template <typename Real, typename T, typename U>
void convert(const T* from, std::int64_t count, Real factor, U* to) {
  using p = packet<Real>;
  const typename p::type factors = p::broadcast(factor);
  const std::int64_t whole = count / p::size * p::size;
  for (std::int64_t i = 0; i < whole; i += p::size)
    store_as<Real>(to + i, p::multiply(load_as<Real>(from + i), factors));
  for (std::int64_t i = whole; i < count; ++i) to[i] = tiles::converted<U>(factor * tiles::converted<Real>(from[i]));
}

/// to[i] += factor * from[i].
template <typename Real, typename T>
void add_scaled(const T* from, std::int64_t count, Real factor, Real* to) {
  using p = packet<Real>;
  const typename p::type factors = p::broadcast(factor);
  const std::int64_t whole = count / p::size * p::size;
  for (std::int64_t i = 0; i < whole; i += p::size)
    p::store(to + i, p::multiply_add(load_as<Real>(from + i), factors, p::load(to + i)));
  if (whole == count) return;
  // As packets are, so that a number does not depend on where it stands.
  Real last[std::size_t{p::size}];
  p::store(last, p::multiply_add(load_first_as<Real>(from + whole, count - whole), factors,
                                 p::load_first(to + whole, count - whole)));
  std::copy_n(last, count - whole, to + whole);
}

/// to[i] (=|+=) sums[i], rounded once; sums may be changed.
template <typename Real, typename T>
void write_sums(Real* sums, std::int64_t count, T* to, result_write write) {
  if (write == result_write::add) add_scaled(to, count, Real(1), sums);
  convert(sums, count, Real(1), to);
}

}  // namespace headwise::cpu
