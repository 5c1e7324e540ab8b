// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/fit_pooled.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/piecewise_model.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

using model = wsd::piecewise_model<true>;

/// Curves of one shape, at scales that grow as the loss falls.
std::vector<wsd::piecewise_curve> truth() {
  std::vector<wsd::piecewise_curve> curves;
  for (const double scale : {1.0, 1.4, 2.1, 3.0})
    curves.push_back(wsd::piecewise_curve({.steps_min = 8000 * scale,
                                           .steps_pole = 14000 * scale,
                                           .steps_opt = 20000 * scale,
                                           .steps_tail = 36000 * scale,
                                           .tokens_min = 40e9 * scale * scale,
                                           .batch_min = 1.1e6 * scale}));
  return curves;
}

std::vector<wsd::target_measurements> measured_targets(double noise, std::uint64_t seed) {
  std::vector<wsd::target_measurements> targets;
  double loss = 2.3;
  for (const wsd::piecewise_curve& curve : truth()) {
    const double lowest = 1.09 * curve.batch_min();
    targets.push_back({loss -= 0.1, measured(curve, lowest, 14 * lowest, 10, noise, ++seed)});
  }
  return targets;
}

TEST_CASE("without noise the shape that all targets share is recovered, with the scale of each") {
  const auto targets = measured_targets(0, 1);
  const auto found = wsd::fit_pooled<model>(targets, {.shape_priors = false});
  const auto curves = truth();
  REQUIRE(found.curves.size() == curves.size());
  for (std::size_t t = 0; t < curves.size(); ++t) {
    CAPTURE(t);
    CHECK(relative_error(found.curves[t].batch_min(), curves[t].batch_min()) < 1e-6);
    CHECK(relative_error(found.curves[t].batch_opt(), curves[t].batch_opt()) < 1e-6);
    CHECK(relative_error(found.curves[t].tokens_min(), curves[t].tokens_min()) < 1e-6);
    CHECK(relative_error(found.curves[t].steps_min(), curves[t].steps_min()) < 1e-6);
  }
}

TEST_CASE("targets of one shape together know it better than each alone") {
  std::vector<double> pooled;
  std::vector<double> alone;
  for (std::uint64_t draw = 1; draw <= 15; ++draw) {
    const auto targets = measured_targets(0.02, 50 * draw);
    const auto found = wsd::fit_pooled<model>(targets);
    const auto curves = truth();
    for (std::size_t t = 0; t < curves.size(); ++t) {
      const double truth_of_target = curves[t].batch_opt();
      pooled.push_back(relative_error(found.curves[t].batch_opt(), truth_of_target));
      alone.push_back(relative_error(wsd::fit_curve<model>(targets[t].points).curve.batch_opt(), truth_of_target));
    }
  }
  MESSAGE("median errors of B_opt: pooled ", median(pooled), ", alone ", median(alone));
  CHECK(median(pooled) < median(alone));
}

TEST_CASE("too few targets, or batch sizes in one of them, are refused") {
  auto targets = measured_targets(0, 1);
  targets[1].points.resize(9);
  CHECK(refuses([&] { wsd::fit_pooled<model>(targets); }, "points", "of 9 batch sizes that reached the loss",
                "at least 10"));
  targets.resize(2);
  CHECK(refuses([&] { wsd::fit_pooled<model>(targets); }, "targets", "of 2 losses", "at least 3"));
}

}  // namespace headwise::test
