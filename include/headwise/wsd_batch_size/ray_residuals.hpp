// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <numbers>

#include "headwise/wsd_batch_size/measurement.hpp"

namespace headwise::wsd::detail {

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
  // A curve that never reaches what was reached is far off, but not infinitely.
  constexpr double farthest = 1e3;
  const double z = (std::log(curve.steps(point.batch)) - std::log(point.steps)) / point.deviation;
  if (point.reached) return std::isfinite(z) ? -z : -farthest;
  return std::sqrt(-2 * log_normal_cdf(std::fmin(z, 30)));
}

}  // namespace headwise::wsd::detail
