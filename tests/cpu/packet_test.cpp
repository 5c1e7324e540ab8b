// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <headwise/cpu/packet.hpp>
#include <limits>
#include <numeric>

namespace {

template <typename T>
using numbers = std::array<T, static_cast<std::size_t>(headwise::cpu::packet<T>::size)>;

template <typename T>
T exp2_of(T x) {
  using p = headwise::cpu::packet<T>;
  numbers<T> values;
  values.fill(x);
  p::store(values.data(), p::exp2(p::load(values.data())));
  for (const T value : values) CHECK((value == values.front() || std::isnan(value)));
  return values.front();
}

/// As many packets as one has numbers, all numbers different, and these one by one.
template <typename T>
struct packet_square {
  static constexpr auto size = std::size_t{headwise::cpu::packet<T>::size};
  T values[size][size];
  typename headwise::cpu::packet<T>::type packets[size];
};
template <typename T>
packet_square<T> square_of_packets() {
  packet_square<T> square;
  for (std::size_t i = 0; i < square.size; ++i) {
    for (std::size_t j = 0; j < square.size; ++j) square.values[i][j] = static_cast<T>(1000 * i + j * j);
    square.packets[i] = headwise::cpu::packet<T>::load(square.values[i]);
  }
  return square;
}

}  // namespace

TEST_CASE_TEMPLATE("exp2 is within two units in the last place of the true value", T, float, double) {
  const T lowest = std::numeric_limits<T>::min_exponent - 1;
  const int steps = 20000;
  double worst = 0;
  for (int i = 0; i <= steps; ++i) {
    const T x = lowest * T(i) / T(steps);
    const long double exact = std::exp2(static_cast<long double>(x));
    const long double unit = exact * static_cast<long double>(std::numeric_limits<T>::epsilon());
    worst = std::max(worst, static_cast<double>(std::abs(static_cast<long double>(exp2_of(x)) - exact) / unit));
  }
  CAPTURE(worst);
  CHECK(worst < 2.0);
}

TEST_CASE_TEMPLATE("exp2 is exact at its edges and keeps NaN", T, float, double) {
  CHECK(exp2_of(T(0)) == T(1));
  CHECK(exp2_of(T(-1)) == T(0.5));
  CHECK(exp2_of(-std::numeric_limits<T>::infinity()) == T(0));
  CHECK(exp2_of(-std::numeric_limits<T>::max()) == T(0));
  const T lowest = std::numeric_limits<T>::min_exponent - 1;
  CHECK(exp2_of(lowest) == std::numeric_limits<T>::min());
  // Below, it is the number or 0.
  for (const T below : {T(0.25), T(1), T(7)}) {
    const T power = exp2_of(lowest - below);
    CHECK((power == T(0) || power == doctest::Approx(std::exp2(lowest - below)).epsilon(0.01)));
  }
  CHECK(exp2_of(2 * lowest) == T(0));
  CHECK(std::isnan(exp2_of(std::numeric_limits<T>::quiet_NaN())));
}

TEST_CASE_TEMPLATE("sums of packets stand beside each other, those of neighbours in their order", T, float, double) {
  using p = headwise::cpu::packet<T>;
  constexpr int size = p::size;
  auto [values, packets] = square_of_packets<T>();
  numbers<T> results;
  p::store(results.data(), p::sums(packets));
  for (int i = 0; i < size; ++i)
    CHECK(results[static_cast<std::size_t>(i)] == std::accumulate(values[i], values[i] + size, T(0)));
  if constexpr (size > 1) {
    p::store(results.data(), p::sums_of_neighbours(packets[0], packets[1]));
    for (int j = 0; j < size / 2; ++j)
      for (int i = 0; i < 2; ++i)
        CHECK(results[static_cast<std::size_t>(i * size / 2 + j)] == values[i][2 * j] + values[i][2 * j + 1]);
  }
}

TEST_CASE_TEMPLATE("a square of packets is transposed", T, float, double) {
  using p = headwise::cpu::packet<T>;
  constexpr int size = p::size;
  auto [values, packets] = square_of_packets<T>();
  p::transpose(packets);
  for (int i = 0; i < size; ++i) {
    numbers<T> row;
    p::store(row.data(), packets[i]);
    for (int j = 0; j < size; ++j) CHECK(row[static_cast<std::size_t>(j)] == values[j][i]);
  }
}
