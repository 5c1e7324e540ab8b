// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <set>
#include <span>
#include <vector>

#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/fit_settings.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"

namespace headwise::wsd {

namespace detail {

/// The root mean square of the errors of ln S at a batch size that was left out.
struct left_out_errors {
  double squares = 0;
  std::size_t count = 0;

  template <typename Curve>
  void add(const Curve& curve, std::span<const measurement> points, double batch) {
    for (const measurement& point : points) {
      if (point.batch != batch || !point.reached) continue;
      const double error = std::log(curve.steps(batch)) - std::log(point.steps);
      squares += error * error;
      ++count;
    }
  }
  double root_mean_square() const { return std::sqrt(squares / static_cast<double>(count)); }
};

inline std::vector<measurement> without_batch(std::span<const measurement> points, double batch) {
  std::vector<measurement> seen;
  for (const measurement& point : points)
    if (point.batch != batch) seen.push_back(point);
  return seen;
}

}  // namespace detail

/// How well a model predicts a batch size that it has not seen: the root mean square of the errors of ln S, each batch
/// size left out once. Infinite if the model puts the threshold above a batch size that reached the loss. Throws as
/// `fit_curve` does; where there are just enough batch sizes for that, shape priors stand in for the one left out.
template <typename Model>
double leave_one_batch_out_error(std::span<const measurement> points, const fit_settings& settings = {}) {
  check_measurements(points, Model::fewest_batches);
  detail::left_out_errors errors;
  for (const double batch : reached_batches(points))
    errors.add(detail::fit_anyhow<Model>(detail::without_batch(points, batch), settings).curve, points, batch);
  return errors.root_mean_square();
}

/// The same for what is fitted to all losses at once, where a batch size is left out at all of them: an error a target.
/// `curves_of(targets)` fits, and gives a curve for every target. Throws as it does.
template <typename CurvesOf>
numbers leave_one_batch_out_errors(std::span<const target_measurements> targets, const CurvesOf& curves_of) {
  std::set<double> batches;
  for (const target_measurements& target : targets)
    for (const double batch : reached_batches(target.points)) batches.insert(batch);
  std::vector<detail::left_out_errors> errors(targets.size());
  for (const double batch : batches) {
    std::vector<target_measurements> seen;
    for (const target_measurements& target : targets)
      seen.push_back({target.loss, detail::without_batch(target.points, batch)});
    const auto curves = curves_of(seen);
    for (std::size_t t = 0; t < targets.size(); ++t) errors[t].add(curves[t], targets[t].points, batch);
  }
  numbers found;
  for (const detail::left_out_errors& error : errors) found.push_back(error.root_mean_square());
  return found;
}

}  // namespace headwise::wsd
