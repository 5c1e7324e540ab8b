// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/relaxed_law.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/compare.hpp"
#include "support/errors.hpp"
#include "support/iso_loss_curves.hpp"

namespace headwise::test {

TEST_CASE("runs of constant batch size follow the law whatever the time constant") {
  random_numbers random(91);
  for (int i = 0; i < 100; ++i) {
    const wsd::additive_law law = random_law(random);
    for (const double time_constant : {0.0, 1.0, 1e4}) {
      wsd::relaxed_law process(law, time_constant);
      process.advance(3, 1e6);
      process.advance(1000, 1e6);
      CHECK(equal_up_to_rounding(process.loss(), law.loss(1003, 1e6)));
    }
  }
}

TEST_CASE("behind a switch the noise comes to that of the new batch at the rate of the time constant") {
  const wsd::additive_law law(
      {.loss_floor = 1, .signal = 2, .signal_exponent = 0.5, .noise = 1e6, .noise_exponent = 1});
  wsd::relaxed_law process(law, 50);
  process.advance(100, 1e6);
  process.advance(50, 4e6);
  // The noise was 1 and comes to 1/4.
  const double signal = 2 / std::sqrt(150.0);
  CHECK(equal_up_to_rounding(process.loss(), 1 + signal + 0.25 + 0.75 * std::exp(-1.0)));
  wsd::relaxed_law at_once(law, 0);
  at_once.advance(100, 1e6);
  at_once.advance(50, 4e6);
  CHECK(equal_up_to_rounding(at_once.loss(), law.loss(150, 4e6)));
}

TEST_CASE("a stage in two parts is the stage") {
  const wsd::additive_law law(
      {.loss_floor = 1, .signal = 2, .signal_exponent = 0.5, .noise = 1e6, .noise_exponent = 1});
  wsd::relaxed_law whole(law, 70);
  whole.advance(100, 1e6);
  wsd::relaxed_law parts = whole;
  whole.advance(90, 4e6);
  parts.advance(20, 4e6);
  parts.advance(70, 4e6);
  CHECK(equal_up_to_rounding(parts.loss(), whole.loss()));
}

TEST_CASE("before its first step a run has no finite loss, and no noise relaxes backwards") {
  const wsd::additive_law law({.loss_floor = 1, .signal = 2, .signal_exponent = 1, .noise = 1, .noise_exponent = 1});
  CHECK(wsd::relaxed_law(law, 5).loss() == std::numeric_limits<double>::infinity());
  CHECK(refuses([&] { static_cast<void>(wsd::relaxed_law(law, -1)); }, "time_constant", "-1", "zero or more"));
  CHECK(
      refuses([&] { static_cast<void>(wsd::relaxed_law(law, std::nan(""))); }, "time_constant", "nan", "zero or more"));
}

}  // namespace headwise::test
