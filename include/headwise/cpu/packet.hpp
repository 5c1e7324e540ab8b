// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#if defined(__AVX512DQ__)
#include <immintrin.h>
#endif

// Vector types carry attributes that template arguments drop, harmlessly; and the intrinsics of g++ 12 start from
// registers that are undefined on purpose. Both would be reported in the user's own translation unit.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace headwise::cpu {

namespace tiles {

template <typename Body, int... I>
EIGEN_ALWAYS_INLINE void call_each(std::integer_sequence<int, I...> /*indices*/, const Body& body) {
  (body(std::integral_constant<int, I>{}), ...);
}

}  // namespace tiles

/// Calls body(0), body(1), ... with compile-time indices, so that arrays of packets stay in registers at every
/// optimisation level that inlines. A body that takes a number, and not any type, is compiled once for all of them.
template <int Count, typename Body>
EIGEN_ALWAYS_INLINE void unroll(const Body& body) {
  tiles::call_each(std::make_integer_sequence<int, Count>{}, body);
}

/// Keeps a packet in its register. A compiler may read memory anew for each of a packet's uses instead, which costs
/// nothing but the nearest cache's time; but that is what fast products are made of.
template <typename Packet>
EIGEN_ALWAYS_INLINE void hold(Packet& numbers) {
#if defined(__x86_64__)
  if constexpr (sizeof(Packet) >= 16) asm("" : "+v"(numbers));
#elif defined(__aarch64__)
  if constexpr (sizeof(Packet) >= 16) asm("" : "+w"(numbers));
#else
  static_cast<void>(numbers);
#endif
}
/// The same, in the order in which it is written: machines guess from it what memory is needed next.
template <typename Packet>
EIGEN_ALWAYS_INLINE void hold_in_order(Packet& numbers) {
#if defined(__x86_64__)
  if constexpr (sizeof(Packet) >= 16) asm volatile("" : "+v"(numbers));
#elif defined(__aarch64__)
  if constexpr (sizeof(Packet) >= 16) asm volatile("" : "+w"(numbers));
#else
  static_cast<void>(numbers);
#endif
}

/// Calls visit(i) for a few numbers, as are left behind whole packets: too few to be worth vectorising, which compilers
/// do not know.
template <typename Visit>
EIGEN_ALWAYS_INLINE void for_few(std::int64_t first, std::int64_t beyond, const Visit& visit) {
  for (std::int64_t i = first; i < beyond; ++i) {
    asm("" : "+r"(i));
    visit(i);
  }
}

/// The vector layer: as many numbers as one register holds, on every instruction set that Eigen knows. This is the only
/// place that names Eigen's internals.
template <typename T>
struct packet {
  using type = typename Eigen::internal::packet_traits<T>::type;
  static constexpr int size = Eigen::internal::unpacket_traits<type>::size;
  using doubles = typename Eigen::internal::packet_traits<double>::type;
  static constexpr int registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;

  EIGEN_ALWAYS_INLINE static type zero() { return Eigen::internal::pset1<type>(T(0)); }
  EIGEN_ALWAYS_INLINE static type broadcast(T value) { return Eigen::internal::pset1<type>(value); }
  /// Whether a load can fill a packet with so many numbers, again and again.
  template <int Run>
  static constexpr bool broadcasts_runs =
#if defined(EIGEN_VECTORIZE_AVX512)
      (Run == 4 && std::is_same_v<T, float>) ||
#endif
      (Run == 2 && 2 * sizeof(T) == sizeof(double) && sizeof(type) == sizeof(doubles) && sizeof(type) > sizeof(double));
  /// `Run` numbers from an address on, again and again; their bits may mean something else.
  template <int Run>
  EIGEN_ALWAYS_INLINE static type broadcast_run(const void* from) {
    static_assert(broadcasts_runs<Run>);
#if defined(EIGEN_VECTORIZE_AVX512)
    if constexpr (Run == 4)
      return _mm512_broadcast_f32x4(_mm_loadu_ps(static_cast<const float*>(from)));
    else
#endif
    {
      double both;
      std::memcpy(&both, from, sizeof both);
      return __builtin_bit_cast(type, Eigen::internal::pset1<doubles>(both));
    }
  }
  EIGEN_ALWAYS_INLINE static type load(const T* from) { return Eigen::internal::ploadu<type>(from); }
  /// Fewer numbers than a packet has, and zeros in the place of the others.
  EIGEN_ALWAYS_INLINE static type load_first(const T* from, std::int64_t count) {
    T numbers[std::size_t{size}] = {};
    for (std::int64_t i = 0; i < count; ++i) numbers[i] = from[i];
    return load(numbers);
  }
  EIGEN_ALWAYS_INLINE static void store(T* to, const type& value) { Eigen::internal::pstoreu(to, value); }
  EIGEN_ALWAYS_INLINE static type add(const type& a, const type& b) { return Eigen::internal::padd(a, b); }
  EIGEN_ALWAYS_INLINE static type subtract(const type& a, const type& b) { return Eigen::internal::psub(a, b); }
  EIGEN_ALWAYS_INLINE static type multiply(const type& a, const type& b) { return Eigen::internal::pmul(a, b); }
  EIGEN_ALWAYS_INLINE static type multiply_add(const type& a, const type& b, const type& c) {
    return Eigen::internal::pmadd(a, b, c);
  }
  EIGEN_ALWAYS_INLINE static type maximum(const type& a, const type& b) { return Eigen::internal::pmax(a, b); }
  EIGEN_ALWAYS_INLINE static T sum(const type& a) { return Eigen::internal::predux(a); }
  EIGEN_ALWAYS_INLINE static T largest(const type& a) { return Eigen::internal::predux_max(a); }
  /// The sums of as many packets as a packet has numbers, one beside the other.
  EIGEN_ALWAYS_INLINE static type sums(const type* packets) {
    if constexpr (size == 1)
      return packets[0];
    else
      return sums_from<1, size>(packets);
  }

  /// The sums of numbers of `Count` packets that stand in runs of as many: sum j of run r comes from run r of packet j.
  template <int Count>
  EIGEN_ALWAYS_INLINE static type sums_of_runs(const type* packets) {
    return sums_from<1, Count>(packets);
  }
  /// Makes columns of as many rows as a packet has numbers.
  EIGEN_ALWAYS_INLINE static void transpose(type (&rows)[std::size_t{size}]) {
    if constexpr (size > 1) exchange_from<1>(rows);
  }
  /// The sums of neighbours: of a's numbers, then of b's.
  EIGEN_ALWAYS_INLINE static type sums_of_neighbours(const type& a, const type& b) {
    return sums_of_neighbours(a, b, std::make_integer_sequence<int, size>{});
  }

  /// 2^x for x <= 0 (and a little above): relative error below 2 units in the last place; below the smallest normal
  /// number 0 or the number; NaN stays NaN. It is 2^n 2^f with n the next whole number below, and 2^f on [0, 1] the
  /// polynomial of least relative error that is 1 at 0.
  EIGEN_ALWAYS_INLINE static type exp2(const type& x) {
#if defined(__AVX512DQ__)
    if constexpr (std::is_same_v<T, float> && size == 16)
      return _mm512_scalef_ps(exp2_of_fraction(_mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF)), x);
    else if constexpr (std::is_same_v<T, double> && size == 8)
      return _mm512_scalef_pd(exp2_of_fraction(_mm512_reduce_pd(x, _MM_FROUND_TO_NEG_INF)), x);
    else
#endif
    {
      constexpr int lowest = std::numeric_limits<T>::min_exponent - 2;
      const type clamped = maximum(x, broadcast(T(lowest)));
      const type whole = Eigen::internal::pfloor(clamped);
      return multiply(exp2_of_fraction(subtract(clamped, whole)), power_of_two(whole));
    }
  }

 private:
  static constexpr auto exp2_coefficients() {
    if constexpr (std::is_same_v<T, float>)
      return std::array{0.0018671300819070082, 0.009017030284436749, 0.055799913145968067,
                        0.24016445013606755,   0.69315131180752296,  1.0};
    else
      return std::array{9.9353270374323761e-9,
                        9.4696512057715972e-8,
                        1.3310800975590979e-6,
                        1.5244895756177e-5,
                        0.00015403939741547239,
                        0.0013333544569845798,
                        0.0096181293844653757,
                        0.0555041086325856,
                        0.2402265069609467,
                        0.693147180559909,
                        1.0};
  }
  EIGEN_ALWAYS_INLINE static type exp2_of_fraction(const type& fraction) {
    constexpr auto coefficients = exp2_coefficients();
    type power = broadcast(T(coefficients[0]));
    unroll<coefficients.size() - 1>([&](int i) __attribute__((always_inline)) {
      power = multiply_add(power, fraction, broadcast(T(coefficients[static_cast<std::size_t>(i) + 1])));
    });
    return power;
  }

  /// The sums of `Count` packets, each over the numbers whose indices agree in the bits from `Width` on.
  template <int Width, int Count>
  EIGEN_ALWAYS_INLINE static type sums_from(const type* packets) {
    if constexpr (Count == 1) {
      return packets[0];
    } else {
      type pairs[std::size_t{Count} / 2];
      unroll<Count / 2>([&](std::int64_t i) __attribute__((always_inline)) {
        pairs[i] = sum_of_pair<Width>(packets[2 * i], packets[2 * i + 1], std::make_integer_sequence<int, size>{});
      });
      return sums_from<2 * Width, Count / 2>(pairs);
    }
  }

  /// Where bit `Width` of an index is 0, a's number and the one `Width` further on; elsewhere b's and the one before.
  template <int Width, int... I>
  EIGEN_ALWAYS_INLINE static type sum_of_pair(const type& a, const type& b,
                                              std::integer_sequence<int, I...> /*indices*/) {
    return add(__builtin_shufflevector(a, b, ((I & Width) != 0 ? size + I : I)...),
               __builtin_shufflevector(a, b, ((I & Width) != 0 ? size + I : I) ^ Width...));
  }

  /// Exchanges what stands in the wrong row in the bits from `Width` on of the row's and the number's index.
  template <int Width>
  EIGEN_ALWAYS_INLINE static void exchange_from(type (&rows)[std::size_t{size}]) {
    unroll<size / 2>([&](std::int64_t i) __attribute__((always_inline)) {
      const std::int64_t first = i / Width * 2 * Width + i % Width;
      exchange<Width>(rows[first], rows[first + Width], std::make_integer_sequence<int, size>{});
    });
    if constexpr (2 * Width < size) exchange_from<2 * Width>(rows);
  }
  /// Exchanges a's numbers whose index has bit `Width` for b's that are `Width` before.
  template <int Width, int... I>
  EIGEN_ALWAYS_INLINE static void exchange(type& a, type& b, std::integer_sequence<int, I...> /*indices*/) {
    const type first = __builtin_shufflevector(a, b, ((I & Width) != 0 ? size + I - Width : I)...);
    b = __builtin_shufflevector(a, b, ((I & Width) != 0 ? size + I : I + Width)...);
    a = first;
  }

  template <int... I>
  EIGEN_ALWAYS_INLINE static type sums_of_neighbours(const type& a, const type& b,
                                                     std::integer_sequence<int, I...> /*indices*/) {
    return add(__builtin_shufflevector(a, b, 2 * I...), __builtin_shufflevector(a, b, (2 * I + 1)...));
  }

  /// 2^n for the whole numbers whose result is normal, and 0 for the next one below. A number that is whole and large
  /// enough has n plus the bias of exponents in its lowest bits.
  EIGEN_ALWAYS_INLINE static type power_of_two(const type& whole) {
    constexpr int fraction_bits = std::numeric_limits<T>::digits - 1;
    constexpr auto bias = static_cast<T>(std::numeric_limits<T>::max_exponent - 1);
    constexpr T shift = static_cast<T>(std::uint64_t{3} << (fraction_bits - 1)) + bias;
    using bits = std::conditional_t<sizeof(T) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;
    using lanes_of_bits __attribute__((vector_size(sizeof(type)))) = bits;
    return __builtin_bit_cast(type, __builtin_bit_cast(lanes_of_bits, add(whole, broadcast(shift))) << fraction_bits);
  }
};

}  // namespace headwise::cpu

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
