// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "headwise/core/half_precision.hpp"

namespace headwise::test {

/// The outcome of a comparison, with what a reader of a failure wants to know.
struct verdict {
  bool holds;
  std::string text;

  explicit operator bool() const { return holds; }
  friend std::ostream& operator<<(std::ostream& out, const verdict& v) { return out << v.text; }
};

/// The number type that results in `T` are judged by; it holds the sums over them far more exactly than they do.
template <typename T>
using exact_type = std::conditional_t<std::is_same_v<sum_type<T>, float>, double, long double>;

/// The distance of a result to the exact one: zero where both are the same infinity, infinite where one alone is not
/// finite.
template <typename A, typename B>
double error_between(A result, B exact) {
  const auto a = static_cast<long double>(result);
  const auto b = static_cast<long double>(exact);
  if (a == b) return 0;
  if (!std::isfinite(a) || !std::isfinite(b)) return std::numeric_limits<double>::infinity();
  return static_cast<double>(std::fabs(a - b));
}

struct worst_error {
  double error = 0;
  std::size_t index = 0;
};

template <typename A, typename B>
worst_error largest_error(const std::vector<A>& results, const std::vector<B>& exact) {
  worst_error worst;
  for (std::size_t i = 0; i < std::min(results.size(), exact.size()); ++i) {
    const double error = error_between(results[i], exact[i]);
    if (error > worst.error) worst = {error, i};
  }
  return worst;
}

template <typename T>
double largest_magnitude(const std::vector<T>& values) {
  double largest = 0;
  for (const T value : values)
    if (std::isfinite(value)) largest = std::max(largest, static_cast<double>(std::fabs(value)));
  return largest;
}

/// How large the numbers are that are rounded on the way to a result. A sum may cancel, the rounding of its terms does
/// not: this is what rounding errors are measured against.
struct rounded_terms {
  /// The absolute values of the terms of sums, added up: rounded in the type that sums are taken in.
  double summed = 0;
  /// What is rounded to the type of the tensors before the last sum: the `bound()` of `roundings`.
  double stored = 0;
};

/// Numbers that are rounded on the way to one result, each for itself, as the result has them.
struct roundings {
  double total = 0;
  double squares = 0;

  void add(double number) {
    total += std::fabs(number);
    squares += number * number;
  }
  /// What is rounded on the way to something that goes into this result with a factor.
  void add(const roundings& others, double factor) {
    total += std::fabs(factor) * others.total;
    squares += factor * factor * others.squares;
  }
  /// All roundings together do no more than one of a number of this size. At worst they all add up; as they know
  /// nothing of each other they add up like squares, and three times the root is five of their deviations or more.
  double bound() const { return std::min(total, 3 * std::sqrt(squares)); }
};

/// What rounding alone may do to a result on tensors of type `Stored` with sums of type `Sums`. The rounding of the
/// result itself takes no room here: it moves the plain result as far.
template <typename Stored, typename Sums = sum_type<Stored>>
double rounding_floor(const rounded_terms& terms) {
  const double of_sums = 8 * static_cast<double>(std::numeric_limits<Sums>::epsilon()) * terms.summed;
  if constexpr (std::is_same_v<Stored, Sums>) return of_sums;
  return of_sums + static_cast<double>(std::numeric_limits<Stored>::epsilon()) / 2 * terms.stored;
}

/// The same for sums whose terms' absolute values add up to `magnitude`, where nothing else is rounded.
template <typename T>
double rounding_floor(double magnitude) {
  return rounding_floor<T>(rounded_terms{.summed = magnitude});
}

/// The precision rule: the error of `tested` is at most `factor` times the error of the plain computation at the same
/// precision, plus a rounding floor. Forward results have the factor 2, gradients 3. The plain computation on tensors
/// of 16 bits takes sums, scores and weights in float and rounds every result once.
inline constexpr double forward_factor = 2;
inline constexpr double gradient_factor = 3;

template <typename T, typename Exact>
verdict as_precise_as_plain(double factor, const std::vector<T>& tested, const std::vector<T>& plain,
                            const std::vector<Exact>& exact, double floor) {
  std::ostringstream text;
  if (tested.size() != exact.size() || plain.size() != exact.size()) {
    text << tested.size() << ", " << plain.size() << " and " << exact.size() << " results";
    return {false, text.str()};
  }
  const worst_error error = largest_error(tested, exact);
  const double plain_error = largest_error(plain, exact).error;
  // A plain result that is not finite excuses nothing.
  const double allowed = (std::isfinite(plain_error) ? factor * plain_error : 0) + floor;
  text.precision(9);
  text << "error " << error.error << " at " << error.index << ", allowed " << allowed << " = " << factor << " * "
       << plain_error << " + " << floor;
  if (!tested.empty()) text << " (" << tested[error.index] << " for " << exact[error.index] << ")";
  return {error.error <= allowed, text.str()};
}

/// Whether two ways to compute the same in `T` differ by rounding alone, the terms of its sums being of `magnitude`.
/// Where sums are not taken in `T`, both results are rounded to it.
template <typename T, typename U>
verdict equal_up_to_rounding(const std::vector<T>& a, const std::vector<U>& b, double magnitude) {
  std::ostringstream text;
  if (a.size() != b.size()) {
    text << a.size() << " and " << b.size() << " results";
    return {false, text.str()};
  }
  const worst_error error = largest_error(a, b);
  const double allowed = rounding_floor<T>(rounded_terms{.summed = magnitude, .stored = 2 * magnitude});
  text.precision(9);
  text << "difference " << error.error << " at " << error.index << ", allowed " << allowed;
  if (!a.empty()) text << " (" << a[error.index] << " and " << b[error.index] << ")";
  return {error.error <= allowed, text.str()};
}

/// The same for one number; rounded terms are of its own size where nothing else is said.
inline verdict equal_up_to_rounding(double value, double expected, double magnitude) {
  return equal_up_to_rounding(std::vector<double>{value}, std::vector<double>{expected}, magnitude);
}
inline verdict equal_up_to_rounding(double value, double expected) {
  return equal_up_to_rounding(value, expected, std::fabs(expected));
}

/// Whether two results are the same bit by bit; NaNs with the same bits are.
template <typename T>
verdict bitwise_equal(const std::vector<T>& a, const std::vector<T>& b) {
  std::ostringstream text;
  if (a.size() != b.size()) {
    text << a.size() << " and " << b.size() << " results";
    return {false, text.str()};
  }
  // What a long double stores beyond its value is no part of it.
  constexpr std::size_t bytes = std::is_same_v<T, long double> && std::numeric_limits<T>::digits == 64 ? 10 : sizeof(T);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(&a[i], &b[i], bytes) != 0) {
      text.precision(std::numeric_limits<sum_type<T>>::max_digits10);
      text << a[i] << " and " << b[i] << " at " << i;
      return {false, text.str()};
    }
  text << "the same " << a.size() << " results";
  return {true, text.str()};
}

template <typename T>
bool all_finite(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

template <typename T>
bool all_zero(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [](T value) { return value == T(0); });
}

}  // namespace headwise::test
