// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace headwise::test {

/// A float as a number of type T, which may be a narrower one.
template <typename T>
float rounded_to(float value) {
  return static_cast<float>(static_cast<T>(value));
}

/// Random numbers from a seed that the test names, so that every failure can be repeated.
class random_numbers {
 public:
  /// Where numbers have to be the same in a type narrower than float, `round` is `rounded_to` that type.
  explicit random_numbers(std::uint64_t seed, float (*round)(float) = rounded_to<float>)
      : generator_(seed), round_(round) {}

  /// A standard normal number. It is a float, so that it is the same number in every precision.
  float normal() { return round_(static_cast<float>(normal_(generator_))); }

  /// A whole number from `lowest` to `highest`.
  std::int64_t between(std::int64_t lowest, std::int64_t highest) {
    return std::uniform_int_distribution<std::int64_t>(lowest, highest)(generator_);
  }

  /// A number from 0 to 1.
  double unit() { return std::uniform_real_distribution<double>(0, 1)(generator_); }

  /// Whole numbers from -4 to 4, whose products and sums are exact whatever their order.
  template <typename T>
  std::vector<T> whole_numbers(std::int64_t count) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = static_cast<T>(static_cast<float>(between(-4, 4)));
    return values;
  }

  template <typename T>
  std::vector<T> normals(std::int64_t count, double deviation = 1) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = static_cast<T>(round_(static_cast<float>(deviation) * normal()));
    return values;
  }

 private:
  std::mt19937_64 generator_;
  float (*round_)(float);
  std::normal_distribution<double> normal_;
};

}  // namespace headwise::test
