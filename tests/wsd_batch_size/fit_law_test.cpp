// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/fit_law.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

using targets = std::vector<wsd::target_measurements>;

struct exponents {
  double signal;
  double noise;
};
constexpr exponents laws[] = {{1, 1}, {0.5, 1}, {0.35, 0.7}};

targets measured_targets(const wsd::additive_law& law, double noise = 0, std::uint64_t seed = 1) {
  const double losses[] = {2.3, 2.2, 2.1, 2.03, 1.98};
  targets all;
  for (const double loss : losses) {
    const wsd::additive_curve curve = law.at(loss);
    const double lowest = 1.15 * curve.batch_min();
    all.push_back({loss, measured(curve, lowest, 12 * lowest, 10, noise, ++seed)});
  }
  return all;
}

/// The law with this best batch size of a million tokens, and this many steps, 0.5 nats above the floor.
wsd::additive_law law_with(double alpha, double beta) {
  const double batch_min = 1e6 / std::pow(1 + beta / alpha, 1 / beta);
  const double steps_min = 2e4 / std::pow(1 + alpha / beta, 1 / alpha);
  return wsd::additive_law({.loss_floor = 1.7,
                            .signal = 0.5 * std::pow(steps_min, alpha),
                            .signal_exponent = alpha,
                            .noise = 0.5 * std::pow(batch_min, beta),
                            .noise_exponent = beta});
}

TEST_CASE("without noise the law recovers itself") {
  for (const exponents& law : laws) {
    const double alpha = law.signal;
    const double beta = law.noise;
    CAPTURE(alpha);
    const wsd::additive_law truth = law_with(alpha, beta);
    const wsd::law_fit found = wsd::fit_law(measured_targets(truth));
    CHECK(relative_error(found.law.numbers().signal_exponent, alpha) < 1e-6);
    CHECK(relative_error(found.law.numbers().noise_exponent, beta) < 1e-6);
    CHECK(relative_error(found.law.numbers().loss_floor, 1.7) < 1e-6);
    CHECK(relative_error(found.law.at(2.1).batch_opt(), truth.at(2.1).batch_opt()) < 1e-6);
    CHECK(relative_error(found.law.at(2.1).batch_min(), truth.at(2.1).batch_min()) < 1e-6);
  }
}

/// Median errors over 30 draws of five targets with two percent noise.
TEST_CASE("from five noisy targets the law is known to two percent in batches and 0.05 in exponents") {
  for (const exponents& law : laws) {
    const double alpha = law.signal;
    const double beta = law.noise;
    CAPTURE(alpha);
    const wsd::additive_law truth = law_with(alpha, beta);
    std::vector<double> batch_opt;
    std::vector<double> batch_min;
    std::vector<double> signal_exponent;
    std::vector<double> noise_exponent;
    for (std::uint64_t draw = 1; draw <= 30; ++draw) {
      const wsd::additive_law found = wsd::fit_law(measured_targets(truth, 0.02, 100 * draw)).law;
      batch_opt.push_back(relative_error(found.at(2.1).batch_opt(), truth.at(2.1).batch_opt()));
      batch_min.push_back(relative_error(found.at(2.1).batch_min(), truth.at(2.1).batch_min()));
      signal_exponent.push_back(std::fabs(found.numbers().signal_exponent - alpha));
      noise_exponent.push_back(std::fabs(found.numbers().noise_exponent - beta));
    }
    MESSAGE("alpha ", alpha, ", beta ", beta, ", median errors: B_opt ", median(batch_opt), ", B_min ",
            median(batch_min), ", alpha ", median(signal_exponent), ", beta ", median(noise_exponent));
    CHECK(median(batch_opt) <= 0.02);
    CHECK(median(batch_min) <= 0.02);
    CHECK(median(signal_exponent) <= 0.05);
    CHECK(median(noise_exponent) <= 0.05);
  }
}

TEST_CASE("targets that cannot tell a law are refused") {
  targets all = measured_targets(law_with(0.5, 1));
  const targets two(all.begin(), all.begin() + 2);
  CHECK(refuses([&] { wsd::fit_law(two); }, "targets", "of 2 losses", "at least 3"));
  targets near = {all[2], all[3], all[4]};
  CHECK(refuses([&] { wsd::fit_law(near); }, "targets", "spread over 0.12 nats",
                "at least 0.15 nats from the lowest loss to the highest"));
  all[0].points.resize(4);
  CHECK(refuses([&] { wsd::fit_law(all); }, "points", "of 4 batch sizes that reached the loss", "at least 5"));
}

}  // namespace headwise::test
