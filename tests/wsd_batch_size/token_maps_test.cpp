// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/token_maps.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/iso_loss_curves.hpp"

namespace headwise::test {

/// Powers of powers lose as many units in the last place as their exponents are large.
constexpr double powers = 100;

TEST_CASE("the loss of tokens takes just these tokens at its best batch size") {
  random_numbers random(71);
  for (int i = 0; i < 300; ++i) {
    const wsd::additive_law law = random_law(random);
    const double floor = law.numbers().loss_floor;
    const double above = between_in_log(random, 0.01, 3);
    const wsd::additive_curve curve = law.at(floor + above);
    CHECK(equal_up_to_rounding(wsd::loss_of_tokens(law, curve.tokens_min()), floor + above, powers * (floor + above)));
    // What rounding leaves of the distance to the floor takes part in a power.
    const double precision = powers * (floor + above) / above;
    CHECK(equal_up_to_rounding(wsd::batch_min_of_tokens(law, curve.tokens_min()), curve.batch_min(),
                               precision * curve.batch_min()));
  }
}

TEST_CASE("a batch that follows the loss of its own run is the best one of that loss") {
  random_numbers random(72);
  for (int i = 0; i < 30; ++i) {
    const wsd::additive_law law = random_law(random);
    const double ratio = law.numbers().signal_exponent / law.numbers().noise_exponent;
    // Its steps are the integral of dD / B, with B a power of D.
    const double tokens = between_in_log(random, 1e6, 1e12);
    const double batch = wsd::followed_batch_of_tokens(law, tokens);
    const double steps = (1 + ratio) * tokens / batch;
    const double above = law.loss(steps, batch) - law.numbers().loss_floor;
    const double precision = powers * (law.numbers().loss_floor + above) / above;
    CHECK(equal_up_to_rounding(law.at(law.numbers().loss_floor + above).batch_opt(), batch, precision * batch));
  }
}

TEST_CASE("the power law of tokens and its inverse undo each other") {
  random_numbers random(73);
  for (int i = 0; i < 300; ++i) {
    const wsd::power_law law({.critical_tokens = between_in_log(random, 1e6, 1e14),
                              .exponent = between_in_log(random, 0.05, 1),
                              .loss_floor = 3 * random.unit()});
    const double floor = law.numbers().loss_floor;
    const double above = between_in_log(random, 0.01, 3);
    CHECK(equal_up_to_rounding(law.loss(law.tokens(floor + above)), floor + above, powers * (floor + above)));
  }
  const wsd::power_law law({.critical_tokens = 4e9, .exponent = 0.5, .loss_floor = 1.7});
  CHECK(equal_up_to_rounding(law.loss(1e9), 3.7));
  CHECK(equal_up_to_rounding(law.loss(4e9), 2.7));
}

TEST_CASE("token maps refuse numbers without a meaning by name") {
  const wsd::additive_law law({.loss_floor = 2, .signal = 1, .signal_exponent = 1, .noise = 1, .noise_exponent = 1});
  CHECK(refuses([&] { wsd::loss_of_tokens(law, 0); }, "tokens", "0", "a positive number"));
  CHECK(refuses([&] { wsd::batch_min_of_tokens(law, 0); }, "tokens", "0", "a positive number"));
  CHECK(refuses([&] { wsd::followed_batch_of_tokens(law, -1); }, "tokens", "-1", "a positive number"));
  const wsd::power_law power({.critical_tokens = 1, .exponent = 1, .loss_floor = 2});
  CHECK(refuses([&] { power.loss(0); }, "tokens", "0", "a positive number"));
  CHECK(refuses([&] { power.tokens(2); }, "loss_floor", "2", "less than loss, 2"));
  CHECK(refuses([] { static_cast<void>(wsd::power_law({.critical_tokens = 1, .exponent = 0})); }, "exponent", "0",
                "a positive number"));
}

}  // namespace headwise::test
