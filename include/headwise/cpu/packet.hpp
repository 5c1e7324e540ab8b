// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>
#include <utility>

// Vector types carry attributes that template arguments drop, harmlessly; and the intrinsics of g++ 12 start from
// registers that are undefined on purpose. Both would be reported in the user's own translation unit.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace headwise::cpu {

/// The vector layer: as many numbers as one register holds, on every instruction set that Eigen knows. This is the only
/// place that names Eigen's internals.
template <typename T>
struct packet {
  using type = typename Eigen::internal::packet_traits<T>::type;
  static constexpr int size = Eigen::internal::unpacket_traits<type>::size;
  static constexpr int registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;

  static type zero() { return Eigen::internal::pset1<type>(T(0)); }
  static type broadcast(T value) { return Eigen::internal::pset1<type>(value); }
  static type load(const T* from) { return Eigen::internal::ploadu<type>(from); }
  static void store(T* to, const type& value) { Eigen::internal::pstoreu(to, value); }
  static type add(const type& a, const type& b) { return Eigen::internal::padd(a, b); }
  static type subtract(const type& a, const type& b) { return Eigen::internal::psub(a, b); }
  static type multiply(const type& a, const type& b) { return Eigen::internal::pmul(a, b); }
  static type multiply_add(const type& a, const type& b, const type& c) { return Eigen::internal::pmadd(a, b, c); }
  static type maximum(const type& a, const type& b) { return Eigen::internal::pmax(a, b); }
  static T sum(const type& a) { return Eigen::internal::predux(a); }
  static T largest(const type& a) { return Eigen::internal::predux_max(a); }

  /// 2^x for x <= 0 (and a little above): relative error below 2 units in the last place; 0 below the smallest normal
  /// number; NaN stays NaN.
  static type exp2(const type& x) {
    if constexpr (size == 1) {
      return std::exp2(x);
    } else if constexpr (std::is_same_v<T, float>) {
      return exp2_float(x);
    } else {
      namespace op = Eigen::internal;
      const type lowest = broadcast(T(std::numeric_limits<T>::min_exponent - 1));
      const type clamped = maximum(x, lowest);
      const type whole = op::print(clamped);
      const type fraction = op::pexp(multiply(subtract(clamped, whole), broadcast(std::numbers::ln2_v<T>)));
      return op::pandnot(op::pldexp(fraction, whole), op::pcmp_lt(x, lowest));
    }
  }

 private:
  /// 2^n 2^f with n the nearest integer, and 2^f on [-1/2, 1/2] by the polynomial of degree 6 with the least relative
  /// error (1.9e-9 before rounding).
  static type exp2_float(const type& x) {
    namespace op = Eigen::internal;
    using integers = typename op::unpacket_traits<type>::integer_packet;
    const type lowest = broadcast(-126.0F);
    const type clamped = maximum(x, lowest);
    const type whole = op::print(clamped);
    const type fraction = subtract(clamped, whole);
    type power = broadcast(1.5345812e-4F);
    power = multiply_add(power, fraction, broadcast(1.3399931e-3F));
    power = multiply_add(power, fraction, broadcast(9.618489e-3F));
    power = multiply_add(power, fraction, broadcast(5.5503286e-2F));
    power = multiply_add(power, fraction, broadcast(2.4022646e-1F));
    power = multiply_add(power, fraction, broadcast(6.931472e-1F));
    power = multiply_add(power, fraction, broadcast(1.0F));
    const integers exponent = op::pcast<type, integers>(add(whole, broadcast(127.0F)));
    const type scale = op::preinterpret<type>(integers(op::plogical_shift_left<23>(exponent)));
    return op::pandnot(multiply(power, scale), op::pcmp_lt(x, lowest));
  }
};

namespace tiles {

template <typename Body, int... I>
EIGEN_STRONG_INLINE void call_each(std::integer_sequence<int, I...> /*indices*/, const Body& body) {
  (body(std::integral_constant<int, I>{}), ...);
}

}  // namespace tiles

/// Calls body(0), body(1), ... with compile-time indices, so that arrays of packets stay in registers at every
/// optimisation level that inlines.
template <int Count, typename Body>
EIGEN_STRONG_INLINE void unroll(const Body& body) {
  tiles::call_each(std::make_integer_sequence<int, Count>{}, body);
}

}  // namespace headwise::cpu

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
