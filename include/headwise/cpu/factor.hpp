// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/cpu/bfloat16_arithmetic.hpp"
#include "headwise/cpu/half_packets.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

/// Two neighbours along the depth of a product of bfloat16 numbers, the earlier one first: machines that have an
/// instruction for such products multiply two of them at a time and add to a float.
struct bfloat16_pair {
  bfloat16 first;
  bfloat16 second;
};

/// How elements of a factor take part in a product: plain numbers by themselves.
template <typename F>
struct factor {
  using sum = F;                   ///< what products are added up in
  using number = F;                ///< what an element is made of
  static constexpr int depth = 1;  ///< numbers along the depth that an element holds
  using type = typename packet<F>::type;

  EIGEN_ALWAYS_INLINE static type load(const F* from) { return packet<F>::load(from); }
  EIGEN_ALWAYS_INLINE static type broadcast(const F* from) { return packet<F>::broadcast(*from); }
  /// sums + a b, for every element.
  EIGEN_ALWAYS_INLINE static type multiply_add(const type& a, const type& b, const type& sums) {
    return packet<F>::multiply_add(a, b, sums);
  }
  EIGEN_ALWAYS_INLINE static F multiply_add_one(const F& a, const F& b, F value) { return value + a * b; }
  EIGEN_ALWAYS_INLINE static void store(number* to, const type& numbers) { packet<F>::store(to, numbers); }
};

/// Pairs of bfloat16. Where there is an instruction for them it takes numbers below the smallest normal one for zero.
template <>
struct factor<bfloat16_pair> {
  using sum = float;
  using number = bfloat16;
  static constexpr int depth = 2;
  using type = tiles::words;
  using sum_type = packet<float>::type;

  EIGEN_ALWAYS_INLINE static type load(const bfloat16_pair* from) { return load(&from->first); }
  /// Pairs of numbers that follow each other.
  EIGEN_ALWAYS_INLINE static type load(const bfloat16* from) {
    type pairs;
    std::memcpy(&pairs, from, sizeof pairs);
    return pairs;
  }
  /// Fewer pairs than a packet has, and zeros in the place of the others.
  static type load_first(const bfloat16* from, std::int64_t count) {
    type pairs{};
    std::memcpy(&pairs, from, static_cast<std::size_t>(count) * sizeof(bfloat16_pair));
    return pairs;
  }
  /// Pairs of a number of each row.
  EIGEN_ALWAYS_INLINE static type load_pairs(const bfloat16* first, const bfloat16* second) {
    return tiles::load_words(first) | tiles::load_words(second) << 16;
  }
  /// Two packets of them.
  EIGEN_ALWAYS_INLINE static void load_pairs(const bfloat16* first, const bfloat16* second, type& low, type& high) {
    tiles::halves a;
    tiles::halves b;
    std::memcpy(&a, first, sizeof a);
    std::memcpy(&b, second, sizeof b);
    low = tiles::interleave<0>(a, b);
    high = tiles::interleave<packet<float>::size>(a, b);
  }
  EIGEN_ALWAYS_INLINE static type broadcast(const bfloat16_pair* from) {
    std::uint32_t pair;
    std::memcpy(&pair, from, sizeof pair);
    return __builtin_bit_cast(type, packet<float>::broadcast(__builtin_bit_cast(float, pair)));
  }
  EIGEN_ALWAYS_INLINE static sum_type multiply_add(const type& a, const type& b, const sum_type& sums) {
    return tiles::multiply_add_pairs(a, b, sums);
  }
  EIGEN_ALWAYS_INLINE static float multiply_add_one(const bfloat16_pair& a, const bfloat16_pair& b, float value) {
    return value + float(a.first) * float(b.first) + float(a.second) * float(b.second);
  }
  /// Rounds sums to numbers that stand one behind the other.
  EIGEN_ALWAYS_INLINE static void store(number* to, const sum_type& numbers) {
    const tiles::half_words rounded = tiles::rounded(numbers);
    std::memcpy(static_cast<void*>(to), &rounded, sizeof rounded);
  }
  /// Stores pairs as they are.
  EIGEN_ALWAYS_INLINE static void store(bfloat16_pair* to, const type& pairs) {
    std::memcpy(static_cast<void*>(to), &pairs, sizeof pairs);
  }
  /// Rounds two rows of sums to pairs of a number of each.
  EIGEN_ALWAYS_INLINE static void store_pairs(bfloat16_pair* to, const sum_type& first, const sum_type& second) {
    store(to, tiles::rounded_pairs(first, second));
  }
};

/// Whether products of bfloat16 pairs are faster than those of floats here.
inline constexpr bool multiplies_bfloat16_pairs = tiles::has_bfloat16_instructions;

/// What tensors of T are multiplied as where sums are taken in Real.
template <typename T, typename Real>
using fastest_factor =
    std::conditional_t<std::is_same_v<T, bfloat16> && std::is_same_v<Real, float> && multiplies_bfloat16_pairs,
                       bfloat16_pair, Real>;

}  // namespace headwise::cpu
