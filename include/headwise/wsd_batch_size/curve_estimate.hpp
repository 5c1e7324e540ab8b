// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "headwise/wsd_batch_size/classical_model.hpp"
#include "headwise/wsd_batch_size/fit_curve.hpp"
#include "headwise/wsd_batch_size/fit_settings.hpp"
#include "headwise/wsd_batch_size/iso_loss_curve.hpp"
#include "headwise/wsd_batch_size/measurement.hpp"
#include "headwise/wsd_batch_size/piecewise_curve.hpp"

namespace headwise::wsd {

/// Why a number is withheld, or to be read with care.
enum class finding {
  curve_monotone,            ///< tokens only rise with the batch: the hyperbola predicts as well as a curve that turns
  batch_opt_at_edge,         ///< the fewest tokens are those of the smallest or the largest batch size
  batch_min_not_identified,  ///< the linear tail is not seen: fewer than two batch sizes lie on it, and no run failed
  steps_min_not_identified,  ///< no batch size is three times the best one
  batch_min_at_bound,        ///< the tail leads through the origin (A_0 = 0): no first passages look like that
  two_solutions,             ///< another curve explains the measurements as well and says something else
  batch_opt_disputed,        ///< models that see B_opt differ by more than 15 percent
  batch_min_disputed,        ///< models that see B_min differ by more than 15 percent
  mixed_learning_rates,      ///< runs differ in more than their batch size
  fragile_passage,           ///< a run came down to the loss in its last two percent only
  target_in_warm_up,         ///< a run stood below the loss within the first lines of its log, and is left out
  extrapolated,              ///< read from a law outside the losses that were measured
};

/// The message for users, which begins with the number that it is about.
inline std::string_view text_of(finding what) {
  switch (what) {
    case finding::curve_monotone:
      return "curve: monotone, tokens only rise with the batch size; B_min and B_opt are not identified";
    case finding::batch_opt_at_edge:
      return "B_opt: at the edge of the batch sizes, not identified; add smaller or larger ones";
    case finding::batch_min_not_identified:
      return "B_min: not identified; add two batch sizes within a quarter of the smallest that reaches the loss, or a "
             "run that fails to";
    case finding::steps_min_not_identified:
      return "S_min: not identified; add larger batch sizes, of three times B_opt and more";
    case finding::batch_min_at_bound:
      return "B_min: at its largest (A_0 clamped), steps grow too fast for small batch sizes; mind their noise";
    case finding::two_solutions:
      return "two solutions: another curve fits as well, with B_opt or B_min more than a tenth apart";
    case finding::batch_opt_disputed:
      return "B_opt: models differ by more than 15 percent, so it depends on the form of the curve";
    case finding::batch_min_disputed:
      return "B_min: models differ by more than 15 percent, so it depends on the form of the curve";
    case finding::mixed_learning_rates:
      return "mixed LR: runs differ in their learning rate, and what batch sizes do cannot be told from what it does";
    case finding::fragile_passage:
      return "fragile: a run came down to this loss in its last two percent only; train it longer";
    case finding::target_in_warm_up:
      return "target in warm-up: a run stood below this loss within the first lines of its log, and is left out";
    case finding::extrapolated:
      return "extrapolated: outside the losses that were measured";
  }
  return "";
}

/// What a model says of one loss. A number that the data do not hold is not there, and a finding says why.
struct curve_estimate {
  std::string_view model;
  std::optional<double> batch_min;   ///< B_min, in tokens per step
  std::optional<double> batch_opt;   ///< B_opt, in tokens per step
  std::optional<double> tokens_min;  ///< E_min, in tokens
  std::optional<double> steps_min;   ///< S_min, in steps
  double chi_square = 0;
  double aicc = 0;
  std::vector<finding> findings;

  bool has(finding what) const { return std::find(findings.begin(), findings.end(), what) != findings.end(); }
};

namespace detail {

/// Where the linear tail begins; in a smooth curve, where it does in the pieces that stand for it.
inline double tail_of(const piecewise_curve& curve) { return curve.steps_tail(); }
template <iso_loss_curve Curve>
double tail_of(const Curve& curve) {
  return curve.steps_opt() + (curve.steps_opt() - curve.steps_min()) / 2;
}

/// Whether the tail's slope was seen, from above by runs on it or from below by a run that failed.
template <typename Curve>
bool sees_tail(const Curve& curve, std::span<const measurement> points) {
  constexpr std::ptrdiff_t fewest = 2;
  const std::vector<double> batches = reached_batches(points);
  const auto on_tail = [&](double batch) { return curve.steps(batch) > tail_of(curve); };
  return std::count_if(batches.begin(), batches.end(), on_tail) >= fewest ||
         std::any_of(points.begin(), points.end(), [](const measurement& point) { return !point.reached; });
}

/// Whether the batch size of the fewest tokens, means taken over runs, has neighbours on both sides.
inline bool minimum_is_inside(std::span<const measurement> points) {
  const std::vector<double> batches = reached_batches(points);
  double fewest = std::numeric_limits<double>::infinity();
  double best = 0;
  for (const double batch : batches) {
    double sum = 0;
    double count = 0;
    for (const measurement& point : points) {
      if (!point.reached || point.batch != batch) continue;
      sum += std::log(point.tokens());
      ++count;
    }
    if (sum / count < fewest) {
      fewest = sum / count;
      best = batch;
    }
  }
  return batches.front() < best && best < batches.back();
}

/// Whether A_1 stands at what it must stay below for A_0 > 0.
template <typename Curve>
bool at_bound(const Curve& curve) {
  constexpr double next_to = 1e-3;  // of the tokens
  if constexpr (requires { curve.tail_intercept(); }) {
    return curve.tail_intercept() < next_to * curve.tokens_min();
  } else {
    return false;
  }
}

}  // namespace detail

/// What measurements identify of a curve that was fitted to them. `turns` says whether it predicts better than one
/// whose tokens only rise with the batch.
template <iso_loss_curve Curve>
curve_estimate identify(std::string_view model, const Curve& curve, std::span<const measurement> points, bool turns) {
  curve_estimate result;
  result.model = model;
  const auto find = [&](finding what) { result.findings.push_back(what); };
  const double largest_batch = reached_batches(points).back();
  const bool inside = detail::minimum_is_inside(points) && curve.batch_opt() < largest_batch;
  if (!turns) find(finding::curve_monotone);
  if (!inside) find(finding::batch_opt_at_edge);
  if (turns && inside) {
    result.batch_opt = curve.batch_opt();
    result.tokens_min = curve.tokens_min();
  }
  if (turns && detail::sees_tail(curve, points)) {
    result.batch_min = curve.batch_min();
    if (detail::at_bound(curve)) find(finding::batch_min_at_bound);
  } else {
    find(finding::batch_min_not_identified);
  }
  if (largest_batch > 3 * curve.batch_opt()) {
    result.steps_min = curve.steps_min();
  } else {
    find(finding::steps_min_not_identified);
  }
  return result;
}

/// What measurements identify of a hyperbola: both of its numbers, unless it is a straight line through all of them.
inline curve_estimate identify(const curve_fit<classical_model>& fit, std::span<const measurement> points) {
  constexpr double visible = 1e-3;
  curve_estimate result;
  result.model = classical_model::name;
  result.chi_square = fit.chi_square;
  result.aicc = fit.aicc;
  result.tokens_min = fit.curve.tokens_min();
  if (fit.curve.steps_min() > visible * detail::extremes_of(points).fewest_steps) {
    result.steps_min = fit.curve.steps_min();
  } else {
    result.findings.push_back(finding::steps_min_not_identified);
  }
  return result;
}

/// What measurements identify of a fitted curve that may turn; `hyperbola` is the fit of the one that does not.
template <typename Model>
curve_estimate identify(const curve_fit<Model>& fit, std::span<const measurement> points,
                        const curve_fit<classical_model>& hyperbola) {
  curve_estimate result = identify(Model::name, fit.curve, points, fit.aicc < hyperbola.aicc);
  result.chi_square = fit.chi_square;
  result.aicc = fit.aicc;
  if (fit.runner_up && (result.batch_opt || result.batch_min)) result.findings.push_back(finding::two_solutions);
  return result;
}

/// Fits a model and keeps what the measurements identify. Throws as `fit_curve` does.
template <typename Model>
curve_estimate estimate_curve(std::span<const measurement> points, const fit_settings& settings = {}) {
  const curve_fit<classical_model> hyperbola = fit_curve<classical_model>(points, settings);
  if constexpr (std::is_same_v<Model, classical_model>) {
    return identify(hyperbola, points);
  } else {
    return identify(fit_curve<Model>(points, settings), points, hyperbola);
  }
}

}  // namespace headwise::wsd
