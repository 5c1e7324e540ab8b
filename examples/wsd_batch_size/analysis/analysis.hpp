// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "headwise/wsd_batch_size.hpp"
#include "input/read_input.hpp"

namespace wsd_batch_size {

namespace wsd = headwise::wsd;

/// Any curve that a model can be.
using any_curve = std::variant<wsd::classical_curve, wsd::laurent_curve, wsd::piecewise_curve, wsd::additive_curve>;

/// What is analysed, and how.
struct analysis_settings {
  std::vector<double> losses{};       ///< targets, in nats; empty: chosen from the curves
  std::size_t target_count = 5;       ///< if they are chosen
  std::string model = "auto";         ///< one of `model_names()`, or "auto" for all
  std::optional<double> deviation{};  ///< of ln S in point files; unset: from repeats, or 0.02
  wsd::bootstrap_settings bootstrap{.draws = 0};
  wsd::fit_settings fit{};
};

/// One model at one target.
struct model_report {
  wsd::curve_estimate estimate;
  bool of_all_targets = false;          ///< fitted to all of them at once; so is its AICc
  std::optional<any_curve> curve;       ///< unset if it could not be fitted
  std::optional<double> leave_one_out;  ///< root mean square of ln S
  std::optional<wsd::curve_intervals> intervals;
  std::optional<wsd::profile_interval> batch_min_profile;  ///< of 90 percent, open where nothing bounds B_min
  std::string problem;                                     ///< why it could not be fitted
};

/// All models at one target.
struct target_report {
  std::optional<double> loss;  ///< in nats; unset in point files
  std::vector<wsd::measurement> points;
  std::vector<wsd::finding> findings;
  std::vector<model_report> models;
  std::optional<std::size_t> chosen;  ///< which of them predicts best

  const model_report* best() const { return chosen ? &models[*chosen] : nullptr; }
};

/// The additive law of all targets.
struct law_report {
  wsd::additive_law law;
  double chi_square = 0;
  double aicc = 0;
  bool collapses = false;  ///< one law for all targets predicts better than a curve for each
  std::optional<wsd::interval> signal_exponent;
  std::optional<wsd::interval> noise_exponent;
};

/// What the measurements say.
struct analysis {
  std::string unit = "tokens";
  std::vector<wsd::smoothed_curve> runs;  ///< of curve files, without those that are left out
  std::vector<target_report> targets;
  std::optional<law_report> law;
  std::vector<std::string> notes;

  /// Whether some target has a best batch size in the model that predicts best.
  bool identified() const;
};

/// The names of models: m0, m1, m2, m2f, m2p, m3.
std::vector<std::string> model_names();

/// Fits the models. `progress(done, of)` is called after every draw of a bootstrap. Throws `program::usage_error` or
/// `headwise::error` if nothing can be fitted at all.
analysis analyse(const input_data& input, const analysis_settings& settings,
                 const std::function<void(int, int)>& progress = {});

}  // namespace wsd_batch_size
