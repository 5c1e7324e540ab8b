// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/model_family.hpp"

namespace wsd_batch_size {

/// The published pieces with one shape for all targets.
struct pooled_pieces {
  using model = wsd::piecewise_model<false>;
  static constexpr std::string_view name = "M2p";

  std::vector<wsd::piecewise_curve> curves;
  double aicc;

  static pooled_pieces fit(const target_list& targets, const wsd::fit_settings& settings) {
    wsd::pooled_fit<model> found = wsd::fit_pooled<model>(targets, settings);
    return {std::move(found.curves), found.aicc};
  }
  pooled_pieces refit(const target_list& targets, const wsd::fit_settings& settings) const {
    return fit(targets, settings);
  }
};

/// The additive law, with its curve at every target.
struct law_of_targets {
  static constexpr std::string_view name = "M3";

  wsd::law_fit found;
  std::vector<wsd::additive_curve> curves;
  double aicc;

  static law_of_targets fit(const target_list& targets, const wsd::fit_settings& settings) {
    return of(wsd::fit_law(targets, settings), targets);
  }
  law_of_targets refit(const target_list& targets, const wsd::fit_settings& settings) const {
    return of(wsd::refit_law(targets, found.law, settings), targets);
  }

 private:
  static law_of_targets of(wsd::law_fit found, const target_list& targets) {
    std::vector<wsd::additive_curve> curves;
    for (const wsd::target_measurements& target : targets) curves.push_back(found.law.at(target.loss));
    const double aicc = found.aicc;
    return {std::move(found), std::move(curves), aicc};
  }
};

/// A model that is fitted to all targets at once.
template <typename Fit>
class joint_family : public model_family {
 public:
  joint_family(const target_list& targets, const wsd::fit_settings& settings, const hyperbolas& classical)
      : targets_(targets), settings_(settings), classical_(classical), draws_(targets.size()) {
    try {
      fit_ = Fit::fit(targets, settings);
    } catch (const headwise::error& e) {
      problem_ = sentence_of(e);
      return;
    }
    try {
      errors_ = wsd::leave_one_batch_out_errors(
          targets, [&](const target_list& seen) { return fit_->refit(seen, settings_).curves; });
    } catch (const headwise::error&) {
      // So few batch sizes that none can be spared: the fit stands without this judgement.
      errors_.clear();
    }
  }

  const std::optional<Fit>& fit() const { return fit_; }
  const std::vector<Fit>& drawn() const { return drawn_; }

  void add_draw(const target_list& drawn) override {
    if (!fit_) return;
    try {
      drawn_.push_back(fit_->refit(drawn, settings_));
    } catch (const headwise::error&) {
      return;  // a draw in which too few batch sizes reach a target
    }
    for (std::size_t t = 0; t < targets_.size(); ++t) draws_[t].add(drawn_.back().curves[t]);
  }
  void add_draw_around_fits(std::mt19937_64& /*generator*/) override {}

  model_report report(std::size_t target, double share) const override {
    model_report report;
    report.estimate.model = Fit::name;
    report.of_all_targets = true;
    report.problem = problem_;
    if (!fit_) return report;
    const auto& points = targets_[target].points;
    report.estimate = wsd::identify(Fit::name, fit_->curves[target], points, fit_->aicc < classical_.aicc());
    report.estimate.chi_square = wsd::chi_square_of(fit_->curves[target], points, settings_);
    report.estimate.aicc = fit_->aicc;
    report.curve = fit_->curves[target];
    if (!errors_.empty()) report.leave_one_out = errors_[target];
    if (draws_[target].size() > 0) report.intervals = draws_[target].middle(share);
    return report;
  }

 private:
  const target_list& targets_;
  wsd::fit_settings settings_;
  const hyperbolas& classical_;
  std::optional<Fit> fit_;
  std::vector<Fit> drawn_;
  wsd::numbers errors_;
  std::string problem_;
  std::vector<wsd::curve_draws> draws_;
};

}  // namespace wsd_batch_size
