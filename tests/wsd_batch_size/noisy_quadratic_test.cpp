// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/noisy_quadratic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "headwise/wsd_batch_size/noisy_quadratic_runs.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"
#include "support/random.hpp"

namespace headwise::test {

const wsd::noisy_quadratic::parameters few_modes{.modes = 20, .learning_rate = 0.5, .noise = 40, .amplitude = 2};

/// The loss of stochastic gradient descent itself: every step adds noise of the variance h sigma^2 / B to the gradient
/// of each mode.
double sampled_loss(int steps, double batch, random_numbers& random) {
  double loss = few_modes.loss_floor;
  for (std::size_t i = 1; i <= few_modes.modes; ++i) {
    const double curvature = std::pow(double(i), -few_modes.curvature_exponent);
    const double energy = few_modes.amplitude * std::pow(double(i), -few_modes.energy_exponent);
    double weight = std::sqrt(2 * energy / curvature);
    const double noise = std::sqrt(curvature * few_modes.noise / batch);
    for (int step = 0; step < steps; ++step)
      weight -= few_modes.learning_rate * (curvature * weight + noise * static_cast<double>(random.normal()));
    loss += curvature * weight * weight / 2;
  }
  return loss;
}

TEST_CASE("the exact expectation is the mean of stochastic gradient descent") {
  constexpr int samples = 600;
  random_numbers random(7);
  for (const int steps : {3, 60}) {
    for (const double batch : {8.0, 64.0}) {
      CAPTURE(steps);
      CAPTURE(batch);
      double sum = 0;
      double squares = 0;
      for (int sample = 0; sample < samples; ++sample) {
        const double loss = sampled_loss(steps, batch, random);
        sum += loss;
        squares += loss * loss;
      }
      const double mean = sum / samples;
      const double error = std::sqrt((squares / samples - mean * mean) / samples);
      wsd::noisy_quadratic exact(few_modes);
      exact.advance(steps, batch);
      CHECK(std::fabs(exact.loss() - mean) < 4 * error);
      CHECK(error < 0.02 * mean);
    }
  }
}

TEST_CASE("steps at once are steps one after the other") {
  wsd::noisy_quadratic at_once(few_modes);
  wsd::noisy_quadratic one_by_one(few_modes);
  at_once.advance(50, 16);
  for (int i = 0; i < 50; ++i) one_by_one.advance(1, 16);
  CHECK(relative_error(at_once.loss(), one_by_one.loss()) < 1e-12);
}

TEST_CASE("runs of constant batch sizes are read off two of them") {
  const wsd::noisy_quadratic_runs runs({}, 1e5);
  for (const double batch : {3e5, 5e6})
    for (const double steps : {100.0, 7000.0, 90000.0}) {
      wsd::noisy_quadratic exact({});
      exact.advance(steps, batch);
      // Between its places the table is a straight line in logarithms.
      CHECK(std::fabs(runs.loss(steps, batch) - exact.loss()) < 2e-4);
    }
  CHECK(relative_error(runs.loss(runs.steps(1e6, 2), 1e6), 2) < 1e-6);
  CHECK(std::isinf(runs.steps(1e4, 1.75)));
}

TEST_CASE("learning rates that never settle are refused by name") {
  CHECK(refuses([] { wsd::noisy_quadratic({.learning_rate = 2}); }, "learning_rate", "2", "less than two, 2"));
  CHECK(refuses([] { wsd::noisy_quadratic({.noise = 0}); }, "noise", "0", "a positive number"));
}

}  // namespace headwise::test
