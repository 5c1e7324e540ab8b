// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "headwise/wsd_batch_size/curve_coordinates.hpp"
#include "headwise/wsd_batch_size/fit_settings.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/ray_residuals.hpp"

namespace headwise::wsd {

/// The curve of a model that is nearest to measurements.
template <typename Model>
struct curve_fit {
  typename Model::curve curve;
  numbers coordinates;
  /// The covariance of the coordinates, from the curvature of the cost.
  std::vector<numbers> covariance;
  /// The sum of squared residuals in standard deviations, of measurements alone.
  double chi_square = 0;
  /// Akaike's criterion, corrected for few measurements: the smaller, the better the model predicts. Infinite where
  /// there are too few to tell.
  double aicc = 0;
  /// Another curve that explains the measurements nearly as well (by less than 1 in the sum of squares) and says
  /// something else: B_opt or B_min are a tenth apart.
  std::optional<typename Model::curve> runner_up{};
};

/// Akaike's criterion for so many parameters and measurements, corrected for few of them; infinite where there are too
/// few to tell.
inline double corrected_akaike(double chi_square, std::size_t parameters, std::size_t measurements) {
  const auto k = static_cast<double>(parameters);
  const double left = static_cast<double>(measurements) - k - 1;
  return left > 0 ? chi_square + 2 * k + 2 * k * (k + 1) / left : std::numeric_limits<double>::infinity();
}

namespace detail {

inline measured_extremes extremes_of(std::span<const measurement> points) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  measured_extremes extremes{infinity, infinity, 0};
  for (const measurement& point : points) {
    if (!point.reached) continue;
    extremes.fewest_steps = std::min(extremes.fewest_steps, point.steps);
    if (point.tokens() < extremes.fewest_tokens) {
      extremes.fewest_tokens = point.tokens();
      extremes.steps_of_fewest_tokens = point.steps;
    }
  }
  return extremes;
}

/// One model and its data as a problem of least squares.
template <typename Model>
class curve_problem {
 public:
  curve_problem(std::span<const measurement> points, const fit_settings& settings)
      : points_(points), settings_(settings), cap_(smallest_reached_batch(points) * (1 - 1e-9)) {}

  double cap() const { return cap_; }

  numbers residuals(const numbers& u) const {
    const auto curve = Model::at(u, cap_);
    numbers r;
    for (const measurement& point : points_) r.push_back(counted_residual(curve, point, settings_));
    for (std::size_t i = 0; settings_.shape_priors && i < u.size(); ++i)
      if (Model::is_shape[i]) r.push_back(prior_residual(u[i], Model::usual[i]));
    // A method that needs no fewer residuals than coordinates shall not mind how few there are.
    while (r.size() < u.size()) r.push_back(0);
    return r;
  }

  /// Coordinates to start from, the most promising first. For every shape of the grid the two numbers that E is linear
  /// in are those of the least squares of relative errors.
  std::vector<numbers> starts(std::size_t kept) const {
    std::vector<start> found;
    const measured_extremes measured = extremes_of(points_);
    for (const typename Model::shape& shape : Model::shapes(measured))
      if (const auto curve = nearest_of(shape)) offer(*curve, found);
    if (found.empty()) {
      numbers u(Model::usual.begin(), Model::usual.begin() + Model::size);
      u[0] = std::log(Model::first_steps(measured));
      u[1] = std::log(measured.fewest_tokens);
      found.push_back({0, u});
    }
    std::sort(found.begin(), found.end(), [](const start& a, const start& b) { return a.cost < b.cost; });
    std::vector<numbers> starts;
    for (std::size_t i = 0; i < std::min(kept, found.size()); ++i) starts.push_back(found[i].at);
    return starts;
  }

 private:
  struct start {
    double cost;
    numbers at;
  };

  std::optional<typename Model::curve> nearest_of(const typename Model::shape& shape) const {
    // The normal equations of 1 = tokens_min / E + weight f / E.
    double one = 0;
    double f = 0;
    double one_f = 0;
    double f_f = 0;
    double one_one = 0;
    for (const measurement& point : points_) {
      if (!point.reached) continue;
      const double unit = 1 / point.tokens();
      const double value = shape(point.steps) / point.tokens();
      one += unit;
      f += value;
      one_one += unit * unit;
      one_f += unit * value;
      f_f += value * value;
    }
    const double determinant = one_one * f_f - one_f * one_f;
    return Model::of_shape(shape, (one * f_f - f * one_f) / determinant, (f * one_one - one * one_f) / determinant,
                           cap_);
  }
  void offer(const typename Model::curve& curve, std::vector<start>& found) const {
    const numbers u = Model::coordinates(curve, cap_);
    found.push_back({sum_of_squares(residuals(u)), u});
  }

  std::span<const measurement> points_;
  fit_settings settings_;
  double cap_;
};

template <typename Curve>
bool say_the_same(const Curve& a, const Curve& b) {
  constexpr double apart = 0.1;
  const auto near = [](double x, double y) { return x == y || std::fabs(std::log(x / y)) < apart; };
  return near(a.batch_opt(), b.batch_opt()) && near(a.batch_min(), b.batch_min());
}

/// The fit from some starts, however few measurements there are.
template <typename Model>
curve_fit<Model> fit_from(const curve_problem<Model>& problem, const std::vector<numbers>& starts,
                          std::span<const measurement> points, const fit_settings& settings) {
  constexpr double nearly_as_well = 1;
  const auto residuals = [&](const numbers& u) { return problem.residuals(u); };
  const std::vector<least_squares_result> minima = minima_from(residuals, starts);
  const least_squares_result& best = minima.front();
  const auto curve = Model::at(best.at, problem.cap());
  const double chi_square = chi_square_of(curve, points, settings);
  curve_fit<Model> fit{curve, best.at, covariance_at(residuals, best.at), chi_square,
                       corrected_akaike(chi_square, Model::size, points.size())};
  for (const least_squares_result& other : minima) {
    if (fit.runner_up || other.cost > best.cost + nearly_as_well) break;
    const auto other_curve = Model::at(other.at, problem.cap());
    if (!say_the_same(curve, other_curve)) fit.runner_up = other_curve;
  }
  return fit;
}

template <typename Model>
curve_fit<Model> fit_anyhow(std::span<const measurement> points, const fit_settings& settings) {
  constexpr std::size_t starts = 8;
  const curve_problem<Model> problem(points, settings);
  return fit_from(problem, problem.starts(starts), points, settings);
}

}  // namespace detail

/// Fits a curve model to measurements at one loss by least squares along the rays of their batch sizes, from several
/// starts. Throws `headwise::error` if a number is not positive or fewer batch sizes reached the loss than the model
/// needs.
template <typename Model>
curve_fit<Model> fit_curve(std::span<const measurement> points, const fit_settings& settings = {}) {
  check_measurements(points, Model::fewest_batches);
  return detail::fit_anyhow<Model>(points, settings);
}

/// The same, quicker, for measurements that differ little from those of a known curve, as draws of a bootstrap do.
template <typename Model>
curve_fit<Model> refit_curve(std::span<const measurement> points, const typename Model::curve& known,
                             const fit_settings& settings = {}) {
  constexpr std::size_t other_starts = 1;
  check_measurements(points, Model::fewest_batches);
  const detail::curve_problem<Model> problem(points, settings);
  std::vector<numbers> starts = problem.starts(other_starts);
  starts.insert(starts.begin(), Model::coordinates(known, problem.cap()));
  return detail::fit_from(problem, starts, points, settings);
}

}  // namespace headwise::wsd
