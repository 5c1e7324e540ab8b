// SPDX-License-Identifier: Apache-2.0
#include "analysis/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <utility>

#include "analysis/joint_family.hpp"
#include "analysis/model_family.hpp"
#include "analysis/single_family.hpp"
#include "analysis/targets.hpp"
#include "program_support/text_format.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {
namespace {

/// The models of one analysis, in the order in which they are reported.
class model_ladder {
 public:
  model_ladder(const target_list& targets, const analysis_settings& settings)
      : settings_(settings), classical_(targets, settings.fit) {
    add<single_family<wsd::classical_model>>("m0", targets);
    smooth_ = add<single_family<wsd::laurent_model>>("m1", targets);
    add<single_family<wsd::piecewise_model<false>>>("m2", targets);
    add<single_family<wsd::piecewise_model<true>>>("m2f", targets);
    if (targets.size() > 1 || settings.model != "auto") {
      add<joint_family<pooled_pieces>>("m2p", targets);
      law_ = add<joint_family<law_of_targets>>("m3", targets);
    }
  }

  const std::vector<std::unique_ptr<model_family>>& families() const { return families_; }

  /// Whether one law for all targets predicts better than any of the curves for each.
  bool law_collapses() const {
    if (law_ == nullptr || !law_->fit() || law_->fit()->aicc >= classical_.aicc()) return false;
    return smooth_ == nullptr || law_->fit()->aicc < smooth_->aicc();
  }

  std::optional<law_report> law() const {
    if (law_ == nullptr || !law_->fit() || !(law_->fit()->aicc < classical_.aicc())) return std::nullopt;
    law_report report{
        law_->fit()->found.law, law_->fit()->found.chi_square, law_->fit()->aicc, law_collapses(), {}, {}};
    if (!law_->drawn().empty()) {
      wsd::numbers signal;
      wsd::numbers noise;
      for (const law_of_targets& drawn : law_->drawn()) {
        signal.push_back(drawn.found.law.numbers().signal_exponent);
        noise.push_back(drawn.found.law.numbers().noise_exponent);
      }
      report.signal_exponent = wsd::middle_of(signal, settings_.bootstrap.share);
      report.noise_exponent = wsd::middle_of(noise, settings_.bootstrap.share);
    }
    return report;
  }

 private:
  template <typename Family>
  const Family* add(const char* name, const target_list& targets) {
    if (settings_.model != "auto" && settings_.model != name) return nullptr;
    auto family = std::make_unique<Family>(targets, settings_.fit, classical_);
    const Family* const added = family.get();
    families_.push_back(std::move(family));
    return added;
  }

  const analysis_settings& settings_;
  hyperbolas classical_;
  std::vector<std::unique_ptr<model_family>> families_;
  const single_family<wsd::laurent_model>* smooth_ = nullptr;
  const joint_family<law_of_targets>* law_ = nullptr;
};

/// The law if it holds for all targets, else the curve of the smallest AICc; of curves within 2 of it, the one with the
/// smallest leave-one-batch-out error.
std::optional<std::size_t> choose(const std::vector<model_report>& models, bool law_collapses) {
  constexpr double no_difference = 2;
  std::optional<std::size_t> best;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (!models[i].curve) continue;
    if (models.size() == 1 || (law_collapses && models[i].estimate.model == "M3")) return i;
    if (!models[i].of_all_targets) lowest = std::min(lowest, models[i].estimate.aicc);
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    const bool comparable = models[i].curve && !models[i].of_all_targets;
    if (!comparable || models[i].estimate.aicc > lowest + no_difference) continue;
    if (!best || models[i].leave_one_out < models[*best].leave_one_out) best = i;
  }
  return best;
}

/// Whether the numbers that are there differ by more than a part.
bool differ(const std::vector<std::optional<double>>& values, double part) {
  double lowest = std::numeric_limits<double>::infinity();
  double highest = 0;
  for (const std::optional<double>& value : values) {
    lowest = std::min(lowest, value.value_or(lowest));
    highest = std::max(highest, value.value_or(highest));
  }
  return highest > lowest * (1 + part);
}

/// Whether a number that models identify depends on which of them is asked.
bool is_disputed(const std::vector<model_report>& models, std::optional<double> wsd::curve_estimate::*number) {
  constexpr double apart = 0.15;
  std::vector<std::optional<double>> numbers;
  numbers.reserve(models.size());
  for (const model_report& model : models) numbers.push_back(model.estimate.*number);
  return differ(numbers, apart);
}

void report_targets(const model_ladder& ladder, const analysis_settings& settings, analysis& result) {
  for (std::size_t t = 0; t < result.targets.size(); ++t) {
    target_report& target = result.targets[t];
    for (const auto& family : ladder.families()) target.models.push_back(family->report(t, settings.bootstrap.share));
    target.chosen = choose(target.models, ladder.law_collapses());
    if (is_disputed(target.models, &wsd::curve_estimate::batch_opt))
      target.findings.push_back(wsd::finding::batch_opt_disputed);
    if (is_disputed(target.models, &wsd::curve_estimate::batch_min))
      target.findings.push_back(wsd::finding::batch_min_disputed);
  }
  result.law = ladder.law();
}

template <typename Draw>
void bootstrap(const analysis_settings& settings, const std::function<void(int, int)>& progress, const Draw& draw) {
  std::mt19937_64 generator(settings.bootstrap.seed);
  for (int i = 0; i < settings.bootstrap.draws; ++i) {
    draw(generator);
    if (progress) progress(i + 1, settings.bootstrap.draws);
  }
}

bool rates_differ(const std::vector<std::optional<double>>& rates) {
  constexpr double rounding = 1e-6;
  return differ(rates, rounding);
}

analysis analyse_points(const point_data& data, const analysis_settings& settings,
                        const std::function<void(int, int)>& progress) {
  if (!settings.losses.empty())
    throw program::usage_error("--targets is for curve files; these are points of one target");
  analysis result{data.unit, {}, {}, {}, data.notes};
  target_report& target = result.targets.emplace_back();
  target.points = data.points;
  constexpr double usual_deviation = 0.02;
  const std::optional<double> repeated = wsd::deviation_of_repeats(data.points);
  const double deviation = settings.deviation.value_or(repeated.value_or(usual_deviation));
  for (wsd::measurement& point : target.points) point.deviation = deviation;
  result.notes.push_back("the deviation of ln S is " + program::exact(deviation) +
                         (settings.deviation ? ", as given"
                          : repeated         ? ", from repeats"
                                             : ", which is a guess"));
  if (rates_differ(data.learning_rates)) target.findings.push_back(wsd::finding::mixed_learning_rates);

  const target_list targets{{0, target.points}};
  const model_ladder ladder(targets, settings);
  bootstrap(settings, progress, [&](std::mt19937_64& generator) {
    for (const auto& family : ladder.families()) family->add_draw_around_fits(generator);
  });
  report_targets(ladder, settings, result);
  return result;
}

std::vector<wsd::finding> findings_of(const std::vector<wsd::smoothed_curve>& runs, double loss, bool mixed_rates) {
  std::vector<wsd::finding> found;
  const auto in_warm_up = [&](const wsd::smoothed_curve& run) { return loss >= run.first_loss(); };
  const auto fragile = [&](const wsd::smoothed_curve& run) { return !in_warm_up(run) && run.at(loss).fragile; };
  if (mixed_rates) found.push_back(wsd::finding::mixed_learning_rates);
  if (std::any_of(runs.begin(), runs.end(), in_warm_up)) found.push_back(wsd::finding::target_in_warm_up);
  if (std::any_of(runs.begin(), runs.end(), fragile)) found.push_back(wsd::finding::fragile_passage);
  return found;
}

/// A run of too few lines is left out with a note, as long as others are there.
std::vector<wsd::smoothed_curve> smooth_runs(const curve_data& data, std::vector<std::string>& notes) {
  std::vector<wsd::smoothed_curve> runs;
  std::string problem;
  for (const curve_run& run : data.runs) {
    try {
      runs.emplace_back(run.curve);
    } catch (const headwise::error& e) {
      problem = e.what();
      notes.push_back("run " + run.curve.run + " is left out: " + problem);
    }
  }
  if (runs.empty()) throw program::usage_error("no run can be read as a curve; the last of them: " + problem);
  return runs;
}

analysis analyse_curves(const curve_data& data, const analysis_settings& settings,
                        const std::function<void(int, int)>& progress) {
  analysis result{"tokens", {}, {}, {}, data.notes};
  std::vector<std::optional<double>> rates;
  for (const curve_run& run : data.runs) {
    rates.push_back(run.learning_rate);
    result.notes.insert(result.notes.end(), run.notes.begin(), run.notes.end());
  }
  const bool mixed_rates = rates_differ(rates);
  result.runs = smooth_runs(data, result.notes);
  const std::vector<wsd::smoothed_curve>& runs = result.runs;
  std::vector<double> losses = settings.losses.empty() ? choose_losses(runs, settings.target_count) : settings.losses;
  std::sort(losses.rbegin(), losses.rend());
  target_list targets;
  for (wsd::target_measurements& target : wsd::passages_of(runs, losses)) {
    constexpr std::size_t fewest = wsd::classical_model::fewest_batches;
    const std::size_t reached = wsd::reached_batches(target.points).size();
    if (reached < fewest) {
      result.notes.push_back("target " + program::exact(target.loss) + " is left out: " + std::to_string(reached) +
                             " batch sizes reached it, at least " + std::to_string(fewest) + " are needed");
      continue;
    }
    target_report& report = result.targets.emplace_back();
    report.loss = target.loss;
    report.points = target.points;
    report.findings = findings_of(runs, target.loss, mixed_rates);
    targets.push_back(std::move(target));
  }
  if (targets.empty()) throw program::usage_error("no target is left: " + result.notes.back());

  const model_ladder ladder(targets, settings);
  std::vector<double> kept;
  for (const wsd::target_measurements& target : targets) kept.push_back(target.loss);
  bootstrap(settings, progress, [&](std::mt19937_64& generator) {
    const target_list drawn = wsd::passages_of(wsd::redrawn(runs, generator), kept);
    for (const auto& family : ladder.families()) family->add_draw(drawn);
  });
  report_targets(ladder, settings, result);
  return result;
}

}  // namespace

std::vector<std::string> model_names() { return {"m0", "m1", "m2", "m2f", "m2p", "m3"}; }

bool analysis::identified() const {
  return std::any_of(targets.begin(), targets.end(), [](const target_report& target) {
    return target.best() != nullptr && target.best()->estimate.batch_opt.has_value();
  });
}

analysis analyse(const input_data& input, const analysis_settings& settings,
                 const std::function<void(int, int)>& progress) {
  if (const auto* points = std::get_if<point_data>(&input)) return analyse_points(*points, settings, progress);
  return analyse_curves(std::get<curve_data>(input), settings, progress);
}

}  // namespace wsd_batch_size
