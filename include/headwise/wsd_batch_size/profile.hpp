// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>
#include <span>

#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/least_squares.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"

namespace headwise::wsd {

/// Where B_min may be, one side or both open where nothing holds it.
struct profile_interval {
  std::optional<double> low;
  std::optional<double> high;
};

/// The values of B_min that cost at most `allowed` more than the best fit, with everything else fitted to each: 2.71
/// for 90 percent. Without a tail in the data the lower side is open: any smaller threshold explains them as well. The
/// smallest batch that reached the loss bounds it from above in any case. Throws as `fit_curve` does.
template <typename Model>
profile_interval profile_batch_min(std::span<const measurement> points, double allowed = 2.71,
                                   const fit_settings& settings = {}) {
  constexpr double pin = 1e4;     // per ln B_min: it moves by no more than 1e-4 of what it would gain
  constexpr double farthest = 6;  // in ln B_min
  constexpr double first_step = 0.01;
  constexpr int halvings = 30;
  const curve_fit<Model> best = fit_curve<Model>(points, settings);
  const detail::curve_problem<Model> problem(points, settings);
  const double center = std::log(best.curve.batch_min());
  const double lowest_cost = detail::sum_of_squares(problem.residuals(best.coordinates));

  const auto excess = [&](double offset, numbers& at) {
    const auto pinned = [&](const numbers& u) {
      numbers r = problem.residuals(u);
      r.push_back(pin * (std::log(Model::at(u, problem.cap()).batch_min()) - center - offset));
      return r;
    };
    at = minimize_squares(pinned, at).at;
    const double missed = std::log(Model::at(at, problem.cap()).batch_min()) - center - offset;
    // Where the pin cannot be reached, a bound stands in the way.
    return std::fabs(missed) > first_step / 2 ? allowed + 1
                                              : detail::sum_of_squares(problem.residuals(at)) - lowest_cost;
  };
  const auto end_of = [&](double direction) -> std::optional<double> {
    numbers at = best.coordinates;
    double inside = 0;
    double outside = first_step;
    for (numbers tried = at; excess(direction * outside, tried) <= allowed; outside *= 1.5) {
      if (outside > farthest) return std::nullopt;
      inside = outside;
      at = tried;
    }
    for (int i = 0; i < halvings; ++i) {
      const double middle = (inside + outside) / 2;
      numbers tried = at;
      if (excess(direction * middle, tried) <= allowed) {
        inside = middle;
        at = tried;
      } else {
        outside = middle;
      }
    }
    return std::exp(center + direction * inside);
  };
  return {end_of(-1), end_of(1)};
}

}  // namespace headwise::wsd
