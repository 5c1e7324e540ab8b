// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/compare.hpp"

namespace headwise::test {

/// A scalar made of many results: sum of weights * results, and the sum of its terms' absolute values.
struct weighted_sum {
  double value = 0;
  double magnitude = 0;

  weighted_sum& add(const std::vector<double>& results, const std::vector<double>& weights) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      value += results[i] * weights[i];
      magnitude += std::fabs(results[i] * weights[i]);
    }
    return *this;
  }
};

/// Numbers that a loss depends on, and the gradient that was computed for them.
struct checked_parameter {
  std::string name;
  std::span<double> values;
  std::vector<double> gradient;
};

/// Compares gradients with central differences of the fourth order. The differences are taken once; afterwards the
/// gradients as they are, and gradients with a planted error, are judged by the same function.
class gradient_check {
 public:
  /// `loss()` gives the `weighted_sum` for the parameters' present values; they are all put back.
  template <typename Loss>
  gradient_check(const Loss& loss, std::vector<checked_parameter> parameters) : parameters_(std::move(parameters)) {
    for (const checked_parameter& parameter : parameters_) {
      std::vector<double>& slopes = differences_.emplace_back();
      for (double& value : parameter.values) slopes.push_back(difference(loss, value));
    }
    for (const std::vector<double>& slopes : differences_)
      largest_slope_ = std::max(largest_slope_, largest_magnitude(slopes));
  }

  std::size_t size() const { return parameters_.size(); }
  const std::string& name(std::size_t parameter) const { return parameters_[parameter].name; }

  /// Whether every gradient is the slope of the loss.
  verdict agrees() const {
    for (std::size_t p = 0; p < size(); ++p)
      if (const verdict v = judge(p, parameters_[p].gradient); !v) return v;
    return {true, "all gradients agree"};
  }

  /// The same question with an error of a millionth of the largest slope in the largest entry of one gradient. A check
  /// that does not see it checks nothing.
  verdict agrees_with_planted_error(std::size_t parameter) const {
    std::vector<double> gradient = parameters_[parameter].gradient;
    const auto largest = std::max_element(gradient.begin(), gradient.end(),
                                          [](double a, double b) { return std::fabs(a) < std::fabs(b); });
    *largest += 1e-6 * largest_slope_;
    return judge(parameter, gradient);
  }

 private:
  // Both steps are powers of two, so that moving a value loses as little as can be.
  static constexpr double step = 1.0 / 1024;

  template <typename Loss>
  double difference(const Loss& loss, double& value) {
    const double kept = value;
    const auto at = [&](double offset) {
      value = kept + offset;
      const weighted_sum result = loss();
      magnitude_ = std::max(magnitude_, result.magnitude);
      return result.value;
    };
    const double near = at(step) - at(-step);
    const double far = at(2 * step) - at(-2 * step);
    value = kept;
    return (8 * near - far) / (12 * step);
  }

  /// Differences err by the rounding of the loss over the step, and by the step's fourth power.
  double tolerance() const {
    const double rounding = rounding_floor<double>(magnitude_) / step;
    const double truncation = 256 * step * step * step * step * largest_slope_;
    return rounding + truncation;
  }

  verdict judge(std::size_t parameter, const std::vector<double>& gradient) const {
    const std::vector<double>& slopes = differences_[parameter];
    std::ostringstream text;
    text.precision(12);
    if (gradient.size() != slopes.size()) {
      text << name(parameter) << " has " << gradient.size() << " gradients for " << slopes.size() << " numbers";
      return {false, text.str()};
    }
    const worst_error error = largest_error(gradient, slopes);
    text << name(parameter) << ": error " << error.error << ", allowed " << tolerance();
    if (!gradient.empty())
      text << " (" << gradient[error.index] << " for " << slopes[error.index] << " at " << error.index << ")";
    return {error.error <= tolerance(), text.str()};
  }

  std::vector<checked_parameter> parameters_;
  std::vector<std::vector<double>> differences_;
  double magnitude_ = 0;
  double largest_slope_ = 0;
};

/// Every gradient agrees, and for every one of them a planted error is seen.
#define CHECK_GRADIENTS(check)                                              \
  do {                                                                      \
    const ::headwise::test::gradient_check& gradients_under_test = (check); \
    CHECK(gradients_under_test.agrees());                                   \
    for (std::size_t p = 0; p < gradients_under_test.size(); ++p) {         \
      CAPTURE(gradients_under_test.name(p));                                \
      CHECK_FALSE(gradients_under_test.agrees_with_planted_error(p));       \
    }                                                                       \
  } while (false)

}  // namespace headwise::test
