// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/ray_residuals.hpp"

namespace headwise::wsd {

/// Curves of one shape at several losses, each at a scale of its own (M2p, for the published pieces).
template <typename Model>
struct pooled_fit {
  std::vector<typename Model::curve> curves;  ///< in the order of the targets
  numbers coordinates;                        ///< the scales of every target, then the shape that all share
  double chi_square = 0;
  double aicc = 0;
};

namespace detail {

/// The targets of a model as one problem: S_opt and E_min for each, and the shape once.
template <typename Model>
class pooled_problem {
  static constexpr std::size_t scales = 2;
  static constexpr std::size_t shapes = Model::size - scales;

 public:
  pooled_problem(std::span<const target_measurements> targets, const fit_settings& settings)
      : targets_(targets), settings_(settings) {}

  std::size_t size() const { return scales * targets_.size() + shapes; }

  typename Model::curve at(const numbers& u, std::size_t target) const {
    numbers own(u.begin() + static_cast<std::ptrdiff_t>(scales * target),
                u.begin() + static_cast<std::ptrdiff_t>(scales * (target + 1)));
    own.insert(own.end(), u.end() - static_cast<std::ptrdiff_t>(shapes), u.end());
    return Model::at(own, no_cap);
  }

  numbers residuals(const numbers& u) const {
    numbers r;
    for (std::size_t t = 0; t < targets_.size(); ++t) {
      const auto curve = at(u, t);
      for (const measurement& point : targets_[t].points) r.push_back(counted_residual(curve, point, settings_));
    }
    for (std::size_t i = 0; settings_.shape_priors && i < shapes; ++i)
      r.push_back(prior_residual(u[u.size() - shapes + i], Model::usual[scales + i]));
    return r;
  }

  /// From the curve of every target alone, and a shape in the middle of theirs, moved to several sides.
  std::vector<numbers> starts() const {
    numbers start;
    std::vector<numbers> shape_of(shapes);
    for (const target_measurements& target : targets_) {
      const numbers own = Model::coordinates(fit_curve<Model>(target.points).curve, no_cap);
      start.insert(start.end(), own.begin(), own.begin() + scales);
      for (std::size_t i = 0; i < shapes; ++i) shape_of[i].push_back(own[scales + i]);
    }
    for (numbers& values : shape_of) {
      std::sort(values.begin(), values.end());
      start.push_back(std::clamp(values[values.size() / 2], -4.0, 4.0));
    }
    std::vector<numbers> all;
    for (const double moved : {0.0, -0.7, 0.7}) {
      all.push_back(start);
      for (std::size_t i = 0; i < shapes; ++i) all.back()[start.size() - shapes + i] += i % 2 == 0 ? moved : -moved;
    }
    return all;
  }

 private:
  // What reached the loss at one target says nothing of another one's threshold, so the shape knows no cap.
  static constexpr double no_cap = std::numeric_limits<double>::infinity();

  std::span<const target_measurements> targets_;
  fit_settings settings_;
};

}  // namespace detail

/// Fits one shape of a model to the measurements at several losses. Throws `headwise::error` unless there are three
/// targets at least, each with as many batch sizes as the model needs.
template <typename Model>
pooled_fit<Model> fit_pooled(std::span<const target_measurements> targets, const fit_settings& settings = {}) {
  constexpr std::size_t fewest_targets = 3;
  headwise::detail::require(targets.size() >= fewest_targets, "targets",
                            headwise::detail::words("of ", targets.size(), " losses"), "at least 3");
  std::size_t count = 0;
  for (const target_measurements& target : targets) {
    check_measurements(target.points, Model::fewest_batches);
    count += target.points.size();
  }
  const detail::pooled_problem<Model> problem(targets, settings);
  const auto residuals = [&](const numbers& u) { return problem.residuals(u); };
  const least_squares_result best = minima_from(residuals, problem.starts()).front();

  pooled_fit<Model> fit{{}, best.at, 0, 0};
  for (std::size_t t = 0; t < targets.size(); ++t) {
    fit.curves.push_back(problem.at(best.at, t));
    fit.chi_square += chi_square_of(fit.curves.back(), targets[t].points, settings);
  }
  fit.aicc = corrected_akaike(fit.chi_square, problem.size(), count);
  return fit;
}

}  // namespace headwise::wsd
