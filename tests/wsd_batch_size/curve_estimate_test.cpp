// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/curve_estimate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/laurent_model.hpp"
#include "headwise/wsd_batch_size/piecewise_model.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

using wsd::finding;
using pieces_model = wsd::piecewise_model<false>;

TEST_CASE("data of a hyperbola give no smallest and no best batch, whatever the noise") {
  for (std::uint64_t draw = 1; draw <= 40; ++draw) {
    CAPTURE(draw);
    const auto points = measured(classical_truth, 1e5, 3e7, 10, 0.02, draw);
    const auto check = [](const wsd::curve_estimate& found) {
      CHECK(!found.batch_min.has_value());
      CHECK(!found.batch_opt.has_value());
      CHECK(!found.tokens_min.has_value());
      CHECK(found.has(finding::curve_monotone));
      CHECK(found.has(finding::batch_min_not_identified));
    };
    check(wsd::estimate_curve<wsd::laurent_model>(points));
    check(wsd::estimate_curve<pieces_model>(points));
    const auto hyperbola = wsd::estimate_curve<wsd::classical_model>(points);
    CHECK(hyperbola.findings.empty());
    CHECK(!hyperbola.batch_opt.has_value());
    CHECK(relative_error(hyperbola.steps_min.value_or(0), 8000) < 0.1);
    CHECK(relative_error(hyperbola.tokens_min.value_or(0), 20e9) < 0.1);
  }
}

TEST_CASE("data on all sides of the minimum identify everything") {
  for (std::uint64_t draw = 1; draw <= 10; ++draw) {
    const auto found = wsd::estimate_curve<pieces_model>(measured(published_truth, 1.15e6, 16e6, 20, 0.02, draw));
    CHECK(found.findings.empty());
    CHECK(found.model == "M2");
    CHECK(relative_error(found.batch_opt.value_or(0), 2e6) < 0.15);
    CHECK(relative_error(found.batch_min.value_or(0), 1.1e6) < 0.15);
    CHECK(relative_error(found.tokens_min.value_or(0), 40e9) < 0.05);
    CHECK(relative_error(found.steps_min.value_or(0), 8000) < 0.1);
  }
}

TEST_CASE("without small batches the threshold is withheld, unless a run failed") {
  auto points = measured(published_truth, 1.6e6, 16e6, 10, 0.005, 2);
  const auto without = wsd::estimate_curve<pieces_model>(points);
  CHECK(without.batch_opt.has_value());
  CHECK(!without.batch_min.has_value());
  CHECK(without.has(finding::batch_min_not_identified));
  points.push_back({.batch = 1.05e6, .steps = 4e5, .deviation = 0.005, .reached = false});
  const auto with_failure = wsd::estimate_curve<pieces_model>(points);
  CHECK(with_failure.batch_min.has_value());
  CHECK(!with_failure.has(finding::batch_min_not_identified));
}

TEST_CASE("without large batches the fewest steps are withheld") {
  const auto found = wsd::estimate_curve<pieces_model>(measured(published_truth, 1.2e6, 4e6, 10, 0.005, 3));
  CHECK(found.batch_opt.has_value());
  CHECK(!found.steps_min.has_value());
  CHECK(found.has(finding::steps_min_not_identified));
}

TEST_CASE("a minimum at the edge of the batch sizes is none") {
  const auto found = wsd::estimate_curve<pieces_model>(measured(published_truth, 2.2e6, 16e6, 9, 0.005, 4));
  CHECK(!found.batch_opt.has_value());
  CHECK(found.has(finding::batch_opt_at_edge));
}

TEST_CASE("two solutions are told where a number depends on them") {
  int told = 0;
  for (std::uint64_t draw = 1; draw <= 40; ++draw) {
    const auto points = measured(published_truth, 1.6e6, 6e6, 10, 0.03, draw);
    const bool two = wsd::fit_curve<pieces_model>(points).runner_up.has_value();
    const auto found = wsd::estimate_curve<pieces_model>(points);
    CHECK(found.has(finding::two_solutions) == (two && (found.batch_opt || found.batch_min)));
    told += found.has(finding::two_solutions) ? 1 : 0;
  }
  CHECK(told > 0);
}

TEST_CASE("a hyperbola that has run into a straight line has no fewest steps") {
  const measurements falling{{1e6, 1e6}, {1.1e6, 3e5}, {1.2e6, 1e5}, {1.3e6, 3e4}, {1.4e6, 1e4}, {1.5e6, 3e3}};
  const auto found = wsd::estimate_curve<wsd::classical_model>(falling);
  CHECK(!found.steps_min.has_value());
  CHECK(found.has(finding::steps_min_not_identified));
}

TEST_CASE("a threshold at its bound is told") {
  // One batch size gets there in time, and one that is hardly smaller never: no tail leads from one to the other but
  // one through the origin.
  auto points = measured(published_truth, 1.5e6, 16e6, 10, 0.02, 1);
  CHECK(!wsd::estimate_curve<pieces_model>(points).has(finding::batch_min_at_bound));
  points.push_back({.batch = 1.4999e6, .steps = 1e9, .deviation = 0.001, .reached = false});
  CHECK(wsd::estimate_curve<pieces_model>(points).has(finding::batch_min_at_bound));
}

TEST_CASE("a curve of a law is judged by the same rules") {
  const wsd::additive_law law(
      {.loss_floor = 1.7, .signal = 40, .signal_exponent = 0.5, .noise = 2e5, .noise_exponent = 1});
  const wsd::additive_curve curve = law.at(2.2);
  const auto all = measured(curve, 1.05 * curve.batch_min(), 20 * curve.batch_opt(), 15);
  const auto found = wsd::identify("M3", curve, all, true);
  CHECK(found.findings.empty());
  CHECK(found.batch_opt == curve.batch_opt());
  CHECK(found.batch_min == curve.batch_min());
  const auto above = measured(curve, 0.9 * curve.batch_opt(), 20 * curve.batch_opt(), 9);
  CHECK(!wsd::identify("M3", curve, above, true).batch_min);
  CHECK(!wsd::identify("M3", curve, all, false).batch_opt);
}

TEST_CASE("every finding has a text of its own that names what it is about") {
  CHECK(wsd::text_of(finding::curve_monotone).starts_with("curve: monotone"));
  CHECK(wsd::text_of(finding::batch_opt_at_edge).starts_with("B_opt: "));
  CHECK(wsd::text_of(finding::batch_min_not_identified).starts_with("B_min: not identified"));
  CHECK(wsd::text_of(finding::steps_min_not_identified).starts_with("S_min: not identified"));
  CHECK(wsd::text_of(finding::batch_min_at_bound).starts_with("B_min: at its largest (A_0 clamped)"));
  CHECK(wsd::text_of(finding::two_solutions).starts_with("two solutions"));
  CHECK(wsd::text_of(finding::batch_opt_disputed).starts_with("B_opt: models differ"));
  CHECK(wsd::text_of(finding::batch_min_disputed).starts_with("B_min: models differ"));
  CHECK(wsd::text_of(finding::mixed_learning_rates).starts_with("mixed LR"));
  CHECK(wsd::text_of(finding::fragile_passage).starts_with("fragile"));
  CHECK(wsd::text_of(finding::target_in_warm_up).starts_with("target in warm-up"));
  CHECK(wsd::text_of(finding::extrapolated).starts_with("extrapolated"));
}

}  // namespace headwise::test
