// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "analysis/model_family.hpp"

namespace wsd_batch_size {

/// A model whose curve at every target is fitted to that target alone.
template <typename Model>
class single_family : public model_family {
 public:
  single_family(const target_list& targets, const wsd::fit_settings& settings, const hyperbolas& classical)
      : targets_(targets), settings_(settings), classical_(classical), draws_(targets.size()) {
    for (const wsd::target_measurements& target : targets) {
      problems_.emplace_back();
      try {
        fits_.push_back(wsd::fit_curve<Model>(target.points, settings));
        errors_.push_back(wsd::leave_one_batch_out_error<Model>(target.points, settings));
        if constexpr (!std::is_same_v<Model, wsd::classical_model>)
          profiles_.push_back(wsd::profile_batch_min<Model>(target.points, chi_square_of_share, settings));
      } catch (const headwise::error& e) {
        problems_.back() = sentence_of(e);
        fits_.resize(problems_.size());
        errors_.resize(problems_.size());
        profiles_.resize(problems_.size());
      }
    }
  }

  /// Of all targets together.
  double aicc() const { return joint_aicc(fits_, targets_); }

  void add_draw(const target_list& drawn) override {
    for (std::size_t t = 0; t < drawn.size(); ++t) add_draw(t, drawn[t].points);
  }
  void add_draw_around_fits(std::mt19937_64& generator) override {
    for (std::size_t t = 0; t < targets_.size(); ++t)
      if (fits_[t]) add_draw(t, wsd::redrawn(targets_[t].points, fits_[t]->curve, generator));
  }

  model_report report(std::size_t target, double share) const override {
    model_report report;
    report.estimate.model = Model::name;
    report.problem = problems_[target];
    if (!fits_[target]) return report;
    if constexpr (std::is_same_v<Model, wsd::classical_model>) {
      report.estimate = wsd::identify(*fits_[target], targets_[target].points);
    } else {
      report.estimate = wsd::identify(*fits_[target], targets_[target].points, classical_.at(target));
    }
    report.curve = fits_[target]->curve;
    if constexpr (!std::is_same_v<Model, wsd::classical_model>) report.batch_min_profile = profiles_[target];
    report.leave_one_out = errors_[target];
    if (draws_[target].size() > 0) report.intervals = draws_[target].middle(share);
    return report;
  }

 private:
  void add_draw(std::size_t t, std::span<const wsd::measurement> points) {
    if (!fits_[t] || wsd::reached_batches(points).size() < Model::fewest_batches) return;
    draws_[t].add(wsd::refit_curve<Model>(points, fits_[t]->curve, settings_).curve);
  }

  static constexpr double chi_square_of_share = 2.71;  // 90 percent of one degree of freedom

  const target_list& targets_;
  wsd::fit_settings settings_;
  const hyperbolas& classical_;
  std::vector<std::optional<wsd::curve_fit<Model>>> fits_;
  std::vector<std::optional<double>> errors_;
  std::vector<std::optional<wsd::profile_interval>> profiles_;
  std::vector<std::string> problems_;
  std::vector<wsd::curve_draws> draws_;
};

}  // namespace wsd_batch_size
