// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/iso_loss_curve.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "headwise/wsd_batch_size/classical_curve.hpp"
#include "support/compare.hpp"
#include "support/iso_loss_curves.hpp"

namespace headwise::test {

static_assert(wsd::iso_loss_curve<wsd::classical_curve> && wsd::iso_loss_curve<wsd::laurent_curve> &&
              wsd::iso_loss_curve<wsd::piecewise_curve> && wsd::iso_loss_curve<wsd::additive_curve>);

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int curves = 500;

/// The laws of every curve that has a threshold and a minimum.
template <typename Curve>
void check_minimum(const Curve& curve) {
  CHECK(equal_up_to_rounding(curve.batch_opt(), curve.tokens_min() / curve.steps_opt()));
  CHECK(equal_up_to_rounding(curve.tokens(curve.steps_opt()), curve.tokens_min(), 10 * curve.tokens_min()));
  // Around the minimum, slopes are differences of numbers as large as those of the two sides.
  CHECK(equal_up_to_rounding(curve.slope(curve.steps_opt()), 0, 100 * curve.batch_opt()));
  CHECK(curve.batch_min() < curve.batch_opt());
  CHECK(curve.steps_min() < curve.steps_opt());
  CHECK(curve.tokens(curve.steps_min() * (1 - 1e-12)) == infinity);
  CHECK(curve.steps(curve.batch_min() * (1 - 1e-12)) == infinity);
  CHECK(std::isfinite(curve.steps(curve.batch_min() * (1 + 1e-9))));
}

/// From the pole far into the tail: nowhere below the minimum, and every ray meets it once.
template <typename Curve>
void check_course(const Curve& curve) {
  const double width = curve.steps_opt() - curve.steps_min();
  double batch_before = infinity;
  bool above = true;
  bool falling = true;
  bool inverted = true;
  for (double beyond = 1e-3; beyond < 1e3; beyond *= 1.3) {
    const double steps = curve.steps_min() + beyond * width;
    const double tokens = curve.tokens(steps);
    const double batch = tokens / steps;
    above = above && tokens >= curve.tokens_min() * (1 - 1e-12);
    falling = falling && batch < batch_before;
    // Tokens know their steps beyond S_min as exactly as these are written, and a ray that is nearly parallel to the
    // curve meets it at a place that rounding moves.
    const double steepness = std::fabs(batch - curve.slope(steps)) / batch;
    const double rounding = steps * (1 + steps / (steps - curve.steps_min())) / steepness;
    inverted = inverted && bool(equal_up_to_rounding(curve.steps(batch), steps, 20 * rounding));
    batch_before = batch;
  }
  CHECK(above);
  CHECK(falling);
  CHECK(inverted);
}

/// Slopes rise from the pole to the tail. (Those of an additive law with alpha < 1 rise above B_min and fall back to
/// it.)
template <typename Curve>
void check_convex(const Curve& curve) {
  const double width = curve.steps_opt() - curve.steps_min();
  double before = -infinity;
  bool convex = true;
  for (double beyond = 1e-3; beyond < 1e3; beyond *= 1.3) {
    const double slope = curve.slope(curve.steps_min() + beyond * width);
    convex = convex && slope >= before - rounding_floor<double>(std::fabs(before));
    before = slope;
  }
  CHECK(convex);
}

/// The slope is the derivative.
template <typename Curve>
void check_slope(const Curve& curve, double steps) {
  const double h = 1e-5 * (steps - curve.steps_min());
  const double difference = (curve.tokens(steps + h) - curve.tokens(steps - h)) / (2 * h);
  const double rounding = 4 * std::numeric_limits<double>::epsilon() * curve.tokens(steps) / h;
  CHECK(std::fabs(curve.slope(steps) - difference) <= rounding + 1e-8 * (std::fabs(difference) + curve.batch_opt()));
}

template <typename Curve>
void check_curve(const Curve& curve, random_numbers& random) {
  check_minimum(curve);
  check_course(curve);
  check_convex(curve);
  const double width = curve.steps_opt() - curve.steps_min();
  check_slope(curve, curve.steps_min() + width * between_in_log(random, 0.01, 100));
  CHECK(wsd::penalty(curve, curve.batch_opt()) <= 1e-12);
  CHECK(wsd::penalty(curve, 2 * curve.batch_opt()) > 0);
  CHECK(wsd::tokens_of_batch(curve, curve.batch_min()) == infinity);
}

TEST_CASE("curves in pieces turn once, and every batch size above the smallest meets them once") {
  random_numbers random(1);
  for (int i = 0; i < curves; ++i) check_curve(random_piecewise(random), random);
}

TEST_CASE("smooth curves turn once, and every batch size above the smallest meets them once") {
  random_numbers random(2);
  for (int i = 0; i < curves; ++i) check_curve(random_laurent(random), random);
}

TEST_CASE("curves of an additive law turn once, and every batch size above the smallest meets them once") {
  random_numbers random(3);
  for (int i = 0; i < curves; ++i) {
    const wsd::additive_law law = random_law(random);
    const wsd::additive_curve curve = law.at(law.numbers().loss_floor + between_in_log(random, 0.01, 3));
    check_minimum(curve);
    check_course(curve);
    check_slope(curve, curve.steps_min() * between_in_log(random, 1.1, 100));
  }
}

}  // namespace headwise::test
