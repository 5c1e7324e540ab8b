// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/curve_estimate.hpp"

#include <doctest/doctest.h>

#include <cstdint>

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

TEST_CASE("every finding has a text of its own that names the number") {
  CHECK(wsd::text_of(finding::curve_monotone).starts_with("curve: monotone"));
  CHECK(wsd::text_of(finding::batch_opt_at_edge).starts_with("B_opt: "));
  CHECK(wsd::text_of(finding::batch_min_not_identified).starts_with("B_min: not identified"));
  CHECK(wsd::text_of(finding::steps_min_not_identified).starts_with("S_min: not identified"));
}

}  // namespace headwise::test
