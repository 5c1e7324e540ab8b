// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "headwise/core/half_precision.hpp"
#include "headwise/cpu/half_packets.hpp"
#include "headwise/cpu/packet.hpp"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace headwise::cpu::tiles {

// Arithmetic on pairs of bfloat16, a packet of them in `words`, the first number of a pair in the lower half: in
// operations that every machine has, and by instructions for it where there are such.

/// Twice as many numbers of 16 bits as a packet has floats.
using halves __attribute__((vector_size(sizeof(words)))) = std::uint16_t;

/// sums + both products of every pair.
EIGEN_ALWAYS_INLINE float_packet multiply_add_pairs_by_parts(const words& a, const words& b, const float_packet& sums) {
  const auto first_of = [](const words& pairs) { return numbers_of(pairs << 16); };
  const auto second_of = [](const words& pairs) { return numbers_of(pairs & 0xffff0000U); };
  const float_packet first = packet<float>::multiply_add(first_of(a), first_of(b), sums);
  return packet<float>::multiply_add(second_of(a), second_of(b), first);
}

/// A number of `first` and one of `second` in turns, from some number on, without what comes behind.
template <int From, int... I>
EIGEN_ALWAYS_INLINE words interleave(const halves& first, const halves& second,
                                     std::integer_sequence<int, I...> /*indices*/) {
  constexpr int second_begin = sizeof...(I);
  return __builtin_bit_cast(
      words, __builtin_shufflevector(first, second, (From + I / 2 + (I % 2 != 0 ? second_begin : 0))...));
}
template <int From>
EIGEN_ALWAYS_INLINE words interleave(const halves& first, const halves& second) {
  return interleave<From>(first, second, std::make_integer_sequence<int, 2 * packet<float>::size>{});
}

#if defined(__AVX512BF16__) && defined(EIGEN_VECTORIZE_AVX512)
inline constexpr bool has_bfloat16_instructions = true;

/// The same by an instruction, which takes numbers below the smallest normal one for zero.
EIGEN_ALWAYS_INLINE float_packet multiply_add_pairs(const words& a, const words& b, const float_packet& sums) {
  return _mm512_dpbf16_ps(sums, __builtin_bit_cast(__m512bh, a), __builtin_bit_cast(__m512bh, b));
}
/// Numbers rounded to nearest even, one behind the other.
EIGEN_ALWAYS_INLINE half_words rounded(const float_packet& numbers) {
  return __builtin_bit_cast(half_words, _mm512_cvtneps_pbh(numbers));
}
/// Pairs of a number of each, rounded likewise.
EIGEN_ALWAYS_INLINE words rounded_pairs(const float_packet& first, const float_packet& second) {
  const auto both = __builtin_bit_cast(halves, _mm512_cvtne2ps_pbh(second, first));
  return interleave<0>(both, __builtin_shufflevector(both, both, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
                                                     30, 31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}
#else
inline constexpr bool has_bfloat16_instructions = false;

EIGEN_ALWAYS_INLINE float_packet multiply_add_pairs(const words& a, const words& b, const float_packet& sums) {
  return multiply_add_pairs_by_parts(a, b, sums);
}
EIGEN_ALWAYS_INLINE half_words rounded(const float_packet& numbers) { return halves_of(bfloat16{}, numbers); }
EIGEN_ALWAYS_INLINE words rounded_pairs(const float_packet& first, const float_packet& second) {
  return stored_of(bfloat16{}, bits_of(first)) | stored_of(bfloat16{}, bits_of(second)) << 16;
}
#endif

}  // namespace headwise::cpu::tiles
