// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/additive_law.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/iso_loss_curves.hpp"

namespace headwise::test {

constexpr int laws = 300;

/// Powers of powers lose as many units in the last place as their exponents are large.
constexpr double powers = 100;

TEST_CASE("a run of any batch size reaches the loss after the steps of its curve") {
  random_numbers random(31);
  for (int i = 0; i < laws; ++i) {
    const wsd::additive_law law = random_law(random);
    const double above = between_in_log(random, 0.01, 3);
    const double loss = law.numbers().loss_floor + above;
    const wsd::additive_curve curve = law.at(loss);
    for (const double factor : {1.05, 2.0, 30.0}) {
      const double batch = factor * curve.batch_min();
      CHECK(equal_up_to_rounding(law.loss(curve.steps(batch), batch), loss, powers * (loss + above)));
    }
  }
}

TEST_CASE("thresholds and optima of all losses stand in the same ratios, and all contours are one") {
  random_numbers random(32);
  for (int i = 0; i < laws; ++i) {
    const wsd::additive_law law = random_law(random);
    const double alpha = law.numbers().signal_exponent;
    const double beta = law.numbers().noise_exponent;
    for (const double above : {0.02, 0.3, 2.0}) {
      const wsd::additive_curve curve = law.at(law.numbers().loss_floor + above);
      const double batch_ratio = std::pow(1 + beta / alpha, 1 / beta);
      const double steps_ratio = std::pow(1 + alpha / beta, 1 / alpha);
      CHECK(equal_up_to_rounding(curve.batch_opt() / curve.batch_min(), batch_ratio, powers * batch_ratio));
      CHECK(equal_up_to_rounding(curve.steps_opt() / curve.steps_min(), steps_ratio, powers * steps_ratio));
      const double collapsed = std::pow(1 - std::pow(3.0, -beta), -1 / alpha);
      CHECK(
          equal_up_to_rounding(curve.steps(3 * curve.batch_min()) / curve.steps_min(), collapsed, powers * collapsed));
    }
  }
}

TEST_CASE("the best batch is a power of the tokens that it takes") {
  random_numbers random(33);
  for (int i = 0; i < laws; ++i) {
    const wsd::additive_law law = random_law(random);
    for (const double above : {0.02, 0.3, 2.0}) {
      const wsd::additive_curve curve = law.at(law.numbers().loss_floor + above);
      CHECK(equal_up_to_rounding(law.batch_opt_of_tokens(curve.tokens_min()), curve.batch_opt(),
                                 powers * curve.batch_opt()));
    }
  }
}

TEST_CASE("two batch sizes have one loss where their runs cross") {
  random_numbers random(34);
  for (int i = 0; i < laws; ++i) {
    const wsd::additive_law law = random_law(random);
    const double small = law.at(law.numbers().loss_floor + 0.5).batch_opt();
    const double large = small * between_in_log(random, 1.1, 16);
    const double tokens = law.crossing_tokens(small, large);
    const double loss = law.loss(tokens / small, small);
    CHECK(equal_up_to_rounding(law.loss(tokens / large, large), loss, powers * loss));
    CHECK(law.loss(0.5 * tokens / small, small) < law.loss(0.5 * tokens / large, large));
    CHECK(law.loss(2 * tokens / small, small) > law.loss(2 * tokens / large, large));
  }
}

TEST_CASE("runs of neighbouring batch sizes cross at the fewest tokens of the loss they have there") {
  const wsd::additive_law law(
      {.loss_floor = 1.5, .signal = 20, .signal_exponent = 0.5, .noise = 300, .noise_exponent = 0.9});
  const wsd::additive_curve curve = law.at(2.1);
  const double batch = curve.batch_opt();
  double before = INFINITY;
  for (const double step : {0.1, 0.01, 0.001}) {
    const double error = std::fabs(law.crossing_tokens(batch, batch * (1 + step)) / curve.tokens_min() - 1);
    CHECK(error < 2 * step);
    CHECK(error < before);
    before = error;
  }
}

TEST_CASE("a lower loss never has a smaller threshold or optimum") {
  random_numbers random(35);
  for (int i = 0; i < laws; ++i) {
    const wsd::additive_law law = random_law(random);
    double smallest = 0;
    double best = 0;
    for (double above = 3; above > 0.01; above *= 0.8) {
      const wsd::additive_curve curve = law.at(law.numbers().loss_floor + above);
      CHECK(curve.batch_min() >= smallest);
      CHECK(curve.batch_opt() >= best);
      smallest = curve.batch_min();
      best = curve.batch_opt();
    }
  }
}

TEST_CASE("parameters and losses without a meaning are refused by name") {
  const wsd::additive_law::parameters good{
      .loss_floor = 2, .signal = 1, .signal_exponent = 1, .noise = 1, .noise_exponent = 1};
  const wsd::additive_law law(good);
  CHECK(refuses([&] { law.at(2); }, "loss_floor", "2", "less than loss, 2"));
  CHECK(refuses([&] { law.crossing_tokens(8, 8); }, "smaller_batch", "8", "less than larger_batch, 8"));
  auto bad = good;
  bad.noise_exponent = 0;
  CHECK(refuses([&] { static_cast<void>(wsd::additive_law(bad)); }, "noise_exponent", "0", "a positive number"));
}

}  // namespace headwise::test
