// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

namespace headwise::wsd::detail {

// A curve model is a family of curves with coordinates in which every vector of numbers is an allowed curve: logarithms
// of what is positive, logits of what lies between two bounds. `cap` is the smallest batch size that reached the loss;
// B_min lies below it. Starts come from a grid of shapes f, for which E = E_min + weight f(S) is linear.

// Coordinates may run away where data do not hold them; what they stand for stays inside.
inline double positive(double logarithm) { return std::exp(std::clamp(logarithm, -300.0, 300.0)); }
inline double share(double logit) {
  constexpr double margin = 1e-6;  // a share of a share is still more than rounding
  return margin + (1 - 2 * margin) / (1 + std::exp(-logit));
}
/// Kept off the ends, where a start would never move again.
inline double logit_inside(double p) {
  const double inside = std::clamp(p, 1e-4, 1 - 1e-4);
  return std::log(inside / (1 - inside));
}

/// What a grid of shapes is laid around: the fewest steps that were measured, and the fewest tokens with their steps.
struct measured_extremes {
  double fewest_steps;
  double fewest_tokens;
  double steps_of_fewest_tokens;
};

/// How far a coordinate of a shape is from what it usually is, in standard deviations of a weak belief.
inline double prior_residual(double coordinate, double usual) {
  constexpr double deviation = 2;
  return (coordinate - usual) / deviation;
}

}  // namespace headwise::wsd::detail
