// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "headwise/core/half_precision.hpp"
#include "headwise/cpu/packet.hpp"

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace headwise::cpu::tiles {

// Packets of floats that are stored in 16 bits: by operations that every machine has, on words, and by instructions for
// it where there are such.

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

template <typename T>
requires is_half_precision<T> EIGEN_ALWAYS_INLINE half_words load_halves(const T* from) {
  half_words halves;
  std::memcpy(&halves, from, sizeof halves);
  return halves;
}
template <typename T>
requires is_half_precision<T> EIGEN_ALWAYS_INLINE words load_words(const T* from) {
  return __builtin_convertvector(load_halves(from), words);
}

/// The numbers that are stored so.
template <typename T>
requires is_half_precision<T> EIGEN_ALWAYS_INLINE float_packet floats_of(T type, const half_words& stored) {
  return numbers_of(words_of(type, __builtin_convertvector(stored, words)));
}
/// Numbers as they are stored, rounded to nearest even.
template <typename T>
requires is_half_precision<T> EIGEN_ALWAYS_INLINE half_words halves_of(T type, const float_packet& numbers) {
  return __builtin_convertvector(stored_of(type, bits_of(numbers)), half_words);
}

#if defined(__F16C__) && defined(EIGEN_VECTORIZE_AVX512)
// All numbers by a mask: without one, the intrinsics of g++ 12 start from registers that are undefined on purpose, and
// that would be reported in the user's own translation unit.
EIGEN_ALWAYS_INLINE float_packet floats_of(float16 /*type*/, const half_words& stored) {
  return _mm512_maskz_cvtph_ps(0xffff, __builtin_bit_cast(__m256i, stored));
}
EIGEN_ALWAYS_INLINE half_words halves_of(float16 /*type*/, const float_packet& numbers) {
  return __builtin_bit_cast(half_words, _mm512_maskz_cvtps_ph(0xffff, numbers, _MM_FROUND_TO_NEAREST_INT));
}
#elif defined(__F16C__) && defined(EIGEN_VECTORIZE_AVX)
EIGEN_ALWAYS_INLINE float_packet floats_of(float16 /*type*/, const half_words& stored) {
  return _mm256_cvtph_ps(__builtin_bit_cast(__m128i, stored));
}
EIGEN_ALWAYS_INLINE half_words halves_of(float16 /*type*/, const float_packet& numbers) {
  return __builtin_bit_cast(half_words, _mm256_cvtps_ph(numbers, _MM_FROUND_TO_NEAREST_INT));
}
#endif

}  // namespace headwise::cpu::tiles
