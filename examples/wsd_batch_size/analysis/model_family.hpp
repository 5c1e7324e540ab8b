// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"

namespace wsd_batch_size {

using target_list = std::vector<wsd::target_measurements>;

/// AICc of the fits of one model to every target, as if they were one model; infinite if it is missing at one.
template <typename Model>
double joint_aicc(const std::vector<std::optional<wsd::curve_fit<Model>>>& fits, const target_list& targets) {
  double chi_square = 0;
  std::size_t points = 0;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    if (!fits[t]) return std::numeric_limits<double>::infinity();
    chi_square += fits[t]->chi_square;
    points += targets[t].points.size();
  }
  return wsd::corrected_akaike(chi_square, Model::size * targets.size(), points);
}

/// The hyperbola at every target: what all other models have to beat.
class hyperbolas {
 public:
  hyperbolas(const target_list& targets, const wsd::fit_settings& settings) {
    for (const wsd::target_measurements& target : targets)
      fits_.emplace_back(wsd::fit_curve<wsd::classical_model>(target.points, settings));
    aicc_ = joint_aicc(fits_, targets);
  }

  const wsd::curve_fit<wsd::classical_model>& at(std::size_t target) const { return fits_[target].value(); }
  /// Of all targets together.
  double aicc() const { return aicc_; }

 private:
  std::vector<std::optional<wsd::curve_fit<wsd::classical_model>>> fits_;
  double aicc_ = 0;
};

/// Why a model was not fitted.
inline std::string sentence_of(const headwise::error& problem) {
  return "not fitted: " + problem.argument() + " " + problem.given() + ", needed: " + problem.needed();
}

/// A model and its fits at all targets.
class model_family {
 public:
  model_family() = default;
  model_family(const model_family&) = delete;
  model_family& operator=(const model_family&) = delete;
  virtual ~model_family() = default;

  /// Fits measurements that were drawn anew.
  virtual void add_draw(const target_list& drawn) = 0;
  /// Draws measurements around the own curves and fits them.
  virtual void add_draw_around_fits(std::mt19937_64& generator) = 0;
  virtual model_report report(std::size_t target, double share) const = 0;
};

}  // namespace wsd_batch_size
