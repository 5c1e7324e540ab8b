// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/result_write.hpp"
#include "headwise/cpu/half_packets.hpp"
#include "headwise/cpu/packet.hpp"

namespace headwise::cpu {

namespace tiles {

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
    return tiles::floats_of(T{}, tiles::load_halves(from));
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
  for_few(0, count, [&](std::int64_t i) { numbers[i] = tiles::converted<Real>(from[i]); });
  return packet<Real>::load(numbers);
}

/// Stores a packet in another type, each number rounded to the nearest.
template <typename Real, typename T>
EIGEN_ALWAYS_INLINE void store_as(T* to, const typename packet<Real>::type& numbers) {
  if constexpr (std::is_same_v<Real, T>) {
    packet<Real>::store(to, numbers);
  } else if constexpr (std::is_same_v<Real, float> && is_half_precision<T>) {
    const tiles::half_words halves = tiles::halves_of(T{}, numbers);
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
  for_few(whole, count, [&](std::int64_t i) { to[i] = tiles::converted<U>(factor * tiles::converted<Real>(from[i])); });
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
