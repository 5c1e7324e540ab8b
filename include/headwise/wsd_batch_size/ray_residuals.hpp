// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <numbers>
#include <span>

#include "headwise/wsd_batch_size/fit_settings.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"

namespace headwise::wsd {
namespace detail {

/// ln of the normal distribution function.
inline double log_normal_cdf(double z) {
  if (z > -10) return std::log(std::erfc(-z / std::numbers::sqrt2) / 2);
  const double inverse = 1 / (z * z);
  return -z * z / 2 - std::log(-z * std::sqrt(2 * std::numbers::pi)) +
         std::log1p(-inverse * (1 - 3 * inverse * (1 - 5 * inverse)));
}

/// How far a measurement is from a curve, in standard deviations. The batch size is exact and E = B S, so the error
/// lies along the ray of the batch: ln S_observed - ln S(B). A run that never reached the loss is at odds with a curve
/// by which it should have: its square is -2 ln of the probability of that.
template <typename Curve>
double ray_residual(const Curve& curve, const measurement& point) {
  const double steps = curve.steps(point.batch);
  if (point.reached && !std::isfinite(steps)) {
    // A curve by which this batch size never arrives is far off, the farther the larger its smallest batch is.
    constexpr double at_threshold = 5;
    constexpr double beyond = 50;
    return -(at_threshold + beyond * (curve.batch_min() / point.batch - 1)) / point.deviation;
  }
  const double z = (std::log(steps) - std::log(point.steps)) / point.deviation;
  return point.reached ? -z : std::sqrt(-2 * log_normal_cdf(std::fmin(z, 30)));
}

/// The number whose square is Huber's loss of a residual.
inline double huber_residual(double residual, double limit) {
  const double size = std::fabs(residual);
  return size <= limit ? residual : std::copysign(std::sqrt(limit * (2 * size - limit)), residual);
}

/// The residual as a fit counts it.
template <typename Curve>
double counted_residual(const Curve& curve, const measurement& point, const fit_settings& settings) {
  return huber_residual(ray_residual(curve, point), settings.huber_limit);
}

}  // namespace detail

/// The sum of squared residuals in standard deviations, of Huber's losses where the settings ask for them.
template <typename Curve>
double chi_square_of(const Curve& curve, std::span<const measurement> points, const fit_settings& settings = {}) {
  double sum = 0;
  for (const measurement& point : points) {
    const double residual = detail::counted_residual(curve, point, settings);
    sum += residual * residual;
  }
  return sum;
}

}  // namespace headwise::wsd
