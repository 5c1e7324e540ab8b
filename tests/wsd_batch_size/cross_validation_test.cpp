// SPDX-License-Identifier: Apache-2.0
#include "headwise/wsd_batch_size/cross_validation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/classical_model.hpp"
#include "headwise/wsd_batch_size/fit_law.hpp"
#include "headwise/wsd_batch_size/laurent_model.hpp"
#include "support/errors.hpp"
#include "support/fit_data.hpp"

namespace headwise::test {

TEST_CASE("a model predicts the batch sizes of its own truth as well as noise allows") {
  const auto exact = measured(classical_truth, 1e5, 3e7, 8);
  CHECK(wsd::leave_one_batch_out_error<wsd::classical_model>(exact) < 1e-6);
  const auto noisy = measured(classical_truth, 1e5, 3e7, 8, 0.02, 3);
  const double error = wsd::leave_one_batch_out_error<wsd::classical_model>(noisy);
  CHECK(error > 0.005);
  CHECK(error < 0.06);
}

TEST_CASE("curves that turn are predicted better by a model that can turn") {
  const auto points = measured(smooth_truth, 1.1e6, 16e6, 10, 0.01, 4);
  CHECK(wsd::leave_one_batch_out_error<wsd::laurent_model>(points) <
        0.5 * wsd::leave_one_batch_out_error<wsd::classical_model>(points));
}

TEST_CASE("the runs of one batch size are left out together") {
  auto points = measured(classical_truth, 1e5, 3e7, 4);
  for (int repeat = 0; repeat < 3; ++repeat) points.push_back(points.front());
  CHECK(wsd::leave_one_batch_out_error<wsd::classical_model>(points) < 1e-6);
  points.resize(2);
  CHECK(refuses([&] { wsd::leave_one_batch_out_error<wsd::classical_model>(points); }, "points",
                "of 2 batch sizes that reached the loss", "at least 3"));
}

TEST_CASE("what is fitted to all losses at once is judged at each, with a batch size left out of all") {
  const wsd::additive_law truth(
      {.loss_floor = 1.7, .signal = 40, .signal_exponent = 0.5, .noise = 2e5, .noise_exponent = 1});
  std::vector<wsd::target_measurements> targets;
  for (const double loss : {2.4, 2.2, 2.1})
    targets.push_back({loss, measured(truth.at(loss), 6e5, 2e7, 9, 0.02, static_cast<std::uint64_t>(100 * loss))});
  std::size_t fits = 0;
  const auto curves_of = [&](const std::vector<wsd::target_measurements>& seen) {
    ++fits;
    CHECK(seen.front().points.size() == 8);
    const wsd::additive_law law = wsd::fit_law(seen).law;
    return std::vector{law.at(2.4), law.at(2.2), law.at(2.1)};
  };
  const wsd::numbers errors = wsd::leave_one_batch_out_errors(targets, curves_of);
  REQUIRE(errors.size() == 3);
  CHECK(fits == 9);
  for (const double error : errors) {
    CHECK(error > 0.005);
    CHECK(error < 0.06);
  }
}

}  // namespace headwise::test
