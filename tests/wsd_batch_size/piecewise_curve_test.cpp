// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/piecewise_curve.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/iso_loss_curves.hpp"

namespace headwise::test {

using parameters = wsd::piecewise_curve::parameters;

// S_min 2, S_1 4, S_opt 8, S_2 10: C = 3 / (2 * 2), B_-1 = 2 C 4 2^2, B_0 = 100 + C 4 (4 - 4), A_0 = 100 - 3 * 18 / 2.
constexpr wsd::piecewise_curve by_hand(
    {.steps_min = 2, .steps_pole = 4, .steps_opt = 8, .steps_tail = 10, .tokens_min = 100, .batch_min = 3});
static_assert(by_hand.curvature() == 0.75 && by_hand.pole_weight() == 24 && by_hand.pole_level() == 100);
static_assert(by_hand.tail_intercept() == 73);
static_assert(by_hand.tokens(3) == 124 && by_hand.tokens(4) == 112 && by_hand.tokens(6) == 103);
static_assert(by_hand.tokens(8) == 100 && by_hand.tokens(10) == 103 && by_hand.tokens(20) == 133);
static_assert(by_hand.slope(3) == -24 && by_hand.slope(4) == -6 && by_hand.slope(9) == 1.5 && by_hand.slope(20) == 3);
static_assert(by_hand.batch_opt() == 12.5 && by_hand.batch_min() == 3);

constexpr int curves = 2000;

TEST_CASE("values and slopes meet where pieces meet") {
  random_numbers random(11);
  for (int i = 0; i < curves; ++i) {
    const wsd::piecewise_curve curve = random_piecewise(random);
    for (const double join : {curve.steps_pole(), curve.steps_tail()}) {
      const double before = std::nextafter(join, 0);
      const double after = std::nextafter(join, 2 * join);
      // A step from one number to the next changes a steep curve by its slope.
      const double step = std::fabs(curve.slope(join)) * (after - before) / curve.tokens(join);
      CHECK(std::fabs(curve.tokens(after) / curve.tokens(before) - 1) <= 1e-12 + step);
      const double steepest = std::max(std::fabs(curve.slope(before)), curve.batch_opt());
      CHECK(std::fabs(curve.slope(after) - curve.slope(before)) <= 1e-9 * steepest);
    }
  }
}

TEST_CASE("the tail's ray approaches the smallest batch by A_0 / S") {
  random_numbers random(12);
  for (int i = 0; i < curves; ++i) {
    const wsd::piecewise_curve curve = random_piecewise(random);
    for (const double k : {1.5, 10.0, 1000.0}) {
      const double steps = k * curve.steps_tail();
      CHECK(equal_up_to_rounding(curve.tokens(steps) / steps - curve.batch_min(), curve.tail_intercept() / steps,
                                 curve.tokens(steps) / steps));
    }
  }
}

TEST_CASE("the best batch exceeds the smallest by more than half of S_2 over S_opt") {
  random_numbers random(13);
  for (int i = 0; i < curves; ++i) {
    const wsd::piecewise_curve curve = random_piecewise(random);
    CHECK(curve.batch_opt() / curve.batch_min() > (1 + curve.steps_tail() / curve.steps_opt()) / 2);
  }
}

TEST_CASE("steps of a batch are continuous where its ray passes from piece to piece") {
  random_numbers random(14);
  for (int i = 0; i < curves; ++i) {
    const wsd::piecewise_curve curve = random_piecewise(random);
    for (const double join : {curve.steps_pole(), curve.steps_tail()}) {
      const double batch = curve.tokens(join) / join;
      const double steepness = std::fabs(batch - curve.slope(join)) / batch;
      for (const double factor : {1 - 1e-14, 1.0, 1 + 1e-14})
        CHECK(std::fabs(curve.steps(factor * batch) / join - 1) <= 1e-12 / steepness);
    }
  }
}

TEST_CASE("in other units of steps and tokens a curve is the same curve") {
  random_numbers random(15);
  for (int i = 0; i < curves; ++i) {
    const wsd::piecewise_curve curve = random_piecewise(random);
    const double lambda = 0.001;
    const double mu = 2048;
    const wsd::piecewise_curve scaled({.steps_min = lambda * curve.steps_min(),
                                       .steps_pole = lambda * curve.steps_pole(),
                                       .steps_opt = lambda * curve.steps_opt(),
                                       .steps_tail = lambda * curve.steps_tail(),
                                       .tokens_min = mu * curve.tokens_min(),
                                       .batch_min = mu / lambda * curve.batch_min()});
    // Scaled knots are rounded, so differences of knots are known to the rounding of the knots.
    const double knots =
        curve.steps_tail() / std::min({curve.steps_pole() - curve.steps_min(), curve.steps_opt() - curve.steps_pole(),
                                       curve.steps_tail() - curve.steps_opt()});
    const auto agrees = [&](double value, double expected) {
      return equal_up_to_rounding(value, expected, knots * std::fabs(expected));
    };
    CHECK(agrees(scaled.curvature(), mu / (lambda * lambda) * curve.curvature()));
    CHECK(agrees(scaled.pole_weight(), mu * lambda * curve.pole_weight()));
    CHECK(agrees(scaled.batch_opt(), mu / lambda * curve.batch_opt()));
    const double steps = curve.steps_min() + between_in_log(random, 0.1, 10) * (curve.steps_opt() - curve.steps_min());
    CHECK(agrees(scaled.tokens(lambda * steps), mu * curve.tokens(steps)));
  }
}

TEST_CASE("pieces made from a smooth curve have its minimum, its curvature there and its slope at infinity") {
  random_numbers random(16);
  int made = 0;
  for (int i = 0; i < curves; ++i) {
    const wsd::laurent_curve smooth = random_laurent(random);
    const double d = smooth.steps_opt() - smooth.steps_min();
    // A_0 of the pieces is larger by 3/4 A_1 d, so that they always exist.
    const wsd::piecewise_curve pieces = wsd::piecewise_curve::from(smooth);
    ++made;
    CHECK(pieces.batch_min() == smooth.batch_min());
    CHECK(pieces.batch_opt() == smooth.batch_opt());
    CHECK(equal_up_to_rounding(pieces.curvature(), smooth.pole_weight() / (d * d * d),
                               smooth.batch_min() / d * smooth.steps_opt() / d));
    CHECK(equal_up_to_rounding(pieces.tail_intercept(), smooth.tail_intercept() + 0.75 * smooth.batch_min() * d,
                               smooth.tokens_min()));
  }
  CHECK(made == curves);
}

TEST_CASE("with S_1 at two thirds of the way the curvature is continuous there as well") {
  const double steps_min = 3;
  const double steps_opt = 12;
  const wsd::piecewise_curve curve({.steps_min = steps_min,
                                    .steps_pole = wsd::piecewise_curve::smooth_steps_pole(steps_min, steps_opt),
                                    .steps_opt = steps_opt,
                                    .steps_tail = 20,
                                    .tokens_min = 1000,
                                    .batch_min = 5});
  const double x = curve.steps_pole() - steps_min;
  CHECK(equal_up_to_rounding(2 * curve.pole_weight() / (x * x * x), 2 * curve.curvature()));
}

TEST_CASE("parameters that make no curve are refused by name") {
  const parameters good{
      .steps_min = 2, .steps_pole = 4, .steps_opt = 8, .steps_tail = 10, .tokens_min = 100, .batch_min = 3};
  const auto refused = [&](double parameters::*field, double value, const char* name, const char* given,
                           const char* needed) {
    parameters p = good;
    p.*field = value;
    return refuses([&] { static_cast<void>(wsd::piecewise_curve(p)); }, name, given, needed);
  };
  CHECK(refused(&parameters::steps_min, -1, "steps_min", "-1", "a positive number"));
  CHECK(refused(&parameters::tokens_min, std::nan(""), "tokens_min", "nan", "a positive number"));
  CHECK(refused(&parameters::batch_min, 0, "batch_min", "0", "a positive number"));
  CHECK(refused(&parameters::steps_pole, 2, "steps_min", "2", "less than steps_pole, 2"));
  CHECK(refused(&parameters::steps_opt, 3, "steps_pole", "4", "less than steps_opt, 3"));
  CHECK(refused(&parameters::steps_tail, 8, "steps_opt", "8", "less than steps_tail, 8"));
  CHECK(refused(&parameters::batch_min, 12, "batch_min", "12",
                "less than 2 tokens_min / (steps_opt + steps_tail), 11.1111111"));
}

TEST_CASE("the numbers of the pieces lead back to the curve, unless the pieces do not meet") {
  random_numbers random(11);
  for (int i = 0; i < 200; ++i) {
    const wsd::piecewise_curve curve = random_piecewise(random);
    const wsd::piecewise_curve same = wsd::piecewise_curve::from(curve.pieces());
    CHECK(same.batch_opt() == curve.batch_opt());
    CHECK(same.steps_pole() == curve.steps_pole());
    CHECK(same.steps_tail() == curve.steps_tail());
  }
  wsd::piecewise_curve::coefficients apart = random_piecewise(random).pieces();
  apart.tail_intercept += 0.01 * apart.tokens_min;
  CHECK_THROWS_AS(wsd::piecewise_curve::from(apart), headwise::error);
  apart = random_piecewise(random).pieces();
  apart.curvature *= 1.01;
  CHECK_THROWS_AS(wsd::piecewise_curve::from(apart), headwise::error);
}

}  // namespace headwise::test
