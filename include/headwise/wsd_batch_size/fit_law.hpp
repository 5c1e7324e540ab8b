// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/fit_settings.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/ray_residuals.hpp"

namespace headwise::wsd {

/// The additive law that is nearest to the measurements of all targets at once (M3).
struct law_fit {
  additive_law law;
  numbers coordinates;  ///< ln S_min and ln B_min at the reference loss, ln alpha, ln beta, ln(lowest loss - L_inf)
  std::vector<numbers> covariance;
  double chi_square = 0;
  double aicc = 0;
};

namespace detail {

/// An additive law in coordinates that are allowed whatever they are, and nearly independent: what is well known is the
/// curve of a loss in the middle.
class law_problem {
 public:
  static constexpr std::size_t size = 5;

  law_problem(std::span<const target_measurements> targets, const fit_settings& settings)
      : targets_(targets), settings_(settings) {
    numbers losses;
    for (const target_measurements& target : targets) losses.push_back(target.loss);
    std::sort(losses.begin(), losses.end());
    lowest_ = losses.front();
    reference_ = losses[losses.size() / 2];
  }

  additive_law at(const numbers& u) const {
    const double alpha = exponent(u[1]);
    const double beta = exponent(u[3]);
    const double below_lowest = positive(std::clamp(u[4], -30.0, 10.0));
    const double above = reference_ - lowest_ + below_lowest;
    const auto bounded = [](double logarithm) { return positive(std::clamp(logarithm, -280.0, 280.0)); };
    return additive_law({.loss_floor = lowest_ - below_lowest,
                         .signal = bounded(std::log(above) + alpha * u[0]),
                         .signal_exponent = alpha,
                         .noise = bounded(std::log(above) + beta * u[2]),
                         .noise_exponent = beta});
  }

  /// The other way round; the law must have its floor below all targets.
  numbers coordinates(const additive_law& law) const {
    const additive_law::parameters& p = law.numbers();
    const double log_above = std::log(reference_ - p.loss_floor);
    return {(std::log(p.signal) - log_above) / p.signal_exponent, std::log(p.signal_exponent),
            (std::log(p.noise) - log_above) / p.noise_exponent, std::log(p.noise_exponent),
            std::log(lowest_ - p.loss_floor)};
  }

  numbers residuals(const numbers& u) const {
    const additive_law law = at(u);
    numbers r;
    for (const target_measurements& target : targets_) {
      const additive_curve curve = law.at(target.loss);
      for (const measurement& point : target.points) r.push_back(counted_residual(curve, point, settings_));
    }
    return r;
  }

  std::vector<numbers> starts() const {
    const target_measurements& middle = *std::find_if(
        targets_.begin(), targets_.end(), [&](const target_measurements& t) { return t.loss == reference_; });
    const double steps_min = 0.8 * extremes_of(middle.points).fewest_steps;
    const double batch_min = 0.8 * smallest_reached_batch(middle.points);
    std::vector<numbers> all;
    for (const double alpha : {0.3, 0.6, 1.0})
      for (const double beta : {0.5, 1.0})
        for (const double below : {0.1, 0.3, 1.0})
          all.push_back({std::log(steps_min), std::log(alpha), std::log(batch_min), std::log(beta), std::log(below)});
    return all;
  }

 private:
  static double exponent(double logarithm) { return std::exp(std::clamp(logarithm, -4.0, 2.0)); }

  std::span<const target_measurements> targets_;
  fit_settings settings_;
  double lowest_ = 0;
  double reference_ = 0;
};

/// The number of measurements. Throws `headwise::error` unless a law can be fitted to them.
inline std::size_t check_targets(std::span<const target_measurements> targets) {
  constexpr std::size_t fewest_targets = 3;
  constexpr double smallest_spread = 0.15;
  constexpr std::size_t fewest_batches = 5;
  headwise::detail::require(targets.size() >= fewest_targets, "targets",
                            headwise::detail::words("of ", targets.size(), " losses"), "at least 3");
  const auto by_loss = [](const target_measurements& a, const target_measurements& b) { return a.loss < b.loss; };
  const auto [lowest, highest] = std::minmax_element(targets.begin(), targets.end(), by_loss);
  headwise::detail::require(highest->loss - lowest->loss >= smallest_spread, "targets",
                            headwise::detail::words("spread over ", highest->loss - lowest->loss, " nats"),
                            "at least 0.15 nats from the lowest loss to the highest");
  std::size_t count = 0;
  for (const target_measurements& target : targets) {
    check_measurements(target.points, &target == &*highest ? fewest_batches : 1);
    count += target.points.size();
  }
  return count;
}

inline law_fit fit_law_from(const law_problem& problem, const std::vector<numbers>& starts, std::size_t measurements) {
  const auto residuals = [&](const numbers& u) { return problem.residuals(u); };
  const least_squares_result best = minima_from(residuals, starts).front();
  return {problem.at(best.at), best.at, covariance_at(residuals, best.at), best.cost,
          corrected_akaike(best.cost, law_problem::size, measurements)};
}

}  // namespace detail

/// Fits one additive law to the measurements at several losses. Throws `headwise::error` unless there are three targets
/// at least, 0.15 nats apart from the lowest to the highest, and five batch sizes that reached the highest.
inline law_fit fit_law(std::span<const target_measurements> targets, const fit_settings& settings = {}) {
  const std::size_t count = detail::check_targets(targets);
  const detail::law_problem problem(targets, settings);
  return detail::fit_law_from(problem, problem.starts(), count);
}

/// The same, quicker, for measurements at the same losses that differ little from those of a known law.
inline law_fit refit_law(std::span<const target_measurements> targets, const additive_law& known,
                         const fit_settings& settings = {}) {
  const std::size_t count = detail::check_targets(targets);
  const detail::law_problem problem(targets, settings);
  return detail::fit_law_from(problem, {problem.coordinates(known)}, count);
}

}  // namespace headwise::wsd
