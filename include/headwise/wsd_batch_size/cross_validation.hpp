// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"

namespace headwise::wsd {

/// How well a model predicts a batch size that it has not seen: the root mean square of the errors of ln S, each batch
/// size left out once. Infinite if the model puts the threshold above a batch size that reached the loss. Throws as
/// `fit_curve` does; where there are just enough batch sizes for that, shape priors stand in for the one left out.
template <typename Model>
double leave_one_batch_out_error(std::span<const measurement> points, const fit_settings& settings = {}) {
  check_measurements(points, Model::fewest_batches);
  double squares = 0;
  std::size_t count = 0;
  for (const double batch : reached_batches(points)) {
    std::vector<measurement> seen;
    for (const measurement& point : points)
      if (point.batch != batch) seen.push_back(point);
    const auto curve = detail::fit_anyhow<Model>(seen, settings).curve;
    for (const measurement& point : points) {
      if (point.batch != batch || !point.reached) continue;
      const double error = std::log(curve.steps(batch)) - std::log(point.steps);
      squares += error * error;
      ++count;
    }
  }
  return std::sqrt(squares / static_cast<double>(count));
}

}  // namespace headwise::wsd
