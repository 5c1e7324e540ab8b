// SPDX-License-Identifier: Apache-2.0
#include "report/table.hpp"

#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "program_support/text_format.hpp"
#include "report/messages.hpp"
#include "report/quantity.hpp"

namespace wsd_batch_size {
namespace {

constexpr std::size_t name_width = 6;
constexpr std::size_t number_width = 28;
constexpr std::size_t score_width = 11;

/// A number with its interval, where the measurements hold it.
std::string cell(const std::optional<double>& value, const wsd::interval* interval) {
  if (!value) return "not identified";
  std::string text = quantity(*value);
  if (interval != nullptr) text += " [" + quantity(interval->low) + ", " + quantity(interval->high) + "]";
  return text;
}

std::string row(const model_report& model, bool chosen) {
  std::string text = (chosen ? "* " : "  ") + program::left_aligned(std::string(model.estimate.model), name_width - 2);
  if (!model.curve) return text + "  not fitted\n";
  const auto interval = [&](wsd::interval wsd::curve_intervals::*which) {
    return model.intervals ? &((*model.intervals).*which) : nullptr;
  };
  const wsd::curve_estimate& e = model.estimate;
  text += program::right_aligned(cell(e.batch_min, interval(&wsd::curve_intervals::batch_min)), number_width);
  text += program::right_aligned(cell(e.batch_opt, interval(&wsd::curve_intervals::batch_opt)), number_width);
  text += program::right_aligned(cell(e.tokens_min, interval(&wsd::curve_intervals::tokens_min)), number_width);
  text += program::right_aligned(cell(e.steps_min, interval(&wsd::curve_intervals::steps_min)), number_width);
  text += program::right_aligned(std::isfinite(e.aicc) ? program::fixed(e.aicc, 1) : "-", score_width);
  text += program::right_aligned(model.leave_one_out && std::isfinite(*model.leave_one_out)
                                     ? program::fixed(100 * *model.leave_one_out, 1) + " %"
                                     : "-",
                                 score_width);
  return text + "\n";
}

std::string head() {
  return program::left_aligned("", name_width) + program::right_aligned("B_min", number_width) +
         program::right_aligned("B_opt", number_width) + program::right_aligned("E_min", number_width) +
         program::right_aligned("S_min", number_width) + program::right_aligned("AICc", score_width) +
         program::right_aligned("left out", score_width) + "\n";
}

std::string title(const target_report& target, const std::string& unit) {
  const std::size_t reached = wsd::reached_batches(target.points).size();
  std::size_t failed = 0;
  for (const wsd::measurement& point : target.points) failed += point.reached ? 0 : 1;
  std::string text = target.loss ? "Loss " + program::fixed(*target.loss, 4) : "The target of the runs";
  text += ": " + std::to_string(reached) + " batch sizes reached it";
  if (failed > 0) text += ", " + std::to_string(failed) + (failed == 1 ? " run did not" : " runs did not");
  return text + " (B in " + unit + " per step, E in " + unit + ", S in steps)\n";
}

/// Every message once, behind the models that it holds for.
std::string messages(const target_report& target) {
  std::vector<std::string> order;
  std::map<std::string, std::string> models;
  for (const model_report& model : target.models)
    for (const std::string& message : messages_of(model)) {
      std::string& names = models[message];
      if (names.empty()) order.push_back(message);
      names += (names.empty() ? "" : ", ") + std::string(model.estimate.model);
    }
  std::string text;
  for (const wsd::finding what : target.findings) text += "  " + std::string(wsd::text_of(what)) + "\n";
  for (const std::string& message : order) text += "  " + models[message] + ": " + message + "\n";
  return text;
}

std::string critical_batch(const target_report& target) {
  for (const model_report& model : target.models)
    if (model.curve && model.estimate.steps_min)
      if (const auto* hyperbola = std::get_if<wsd::classical_curve>(&*model.curve))
        return "  M0: the critical batch size E_min / S_min is " + quantity(hyperbola->critical_batch()) + "\n";
  return "";
}

/// Where B_min can be in the best of the models of one target, as far as anything bounds it.
std::string profile(const target_report& target) {
  const model_report* best = nullptr;
  for (const model_report& model : target.models)
    if (model.batch_min_profile && (best == nullptr || model.estimate.aicc < best->estimate.aicc)) best = &model;
  if (best == nullptr) return "";
  const auto bound = [](const std::optional<double>& value, const char* open) {
    return value ? quantity(*value) : open;
  };
  return "  " + std::string(best->estimate.model) + ": B_min lies between " + bound(best->batch_min_profile->low, "0") +
         " and " + bound(best->batch_min_profile->high, "infinity") + " (profile, 90 percent)\n";
}

std::string exponent(double value, const std::optional<wsd::interval>& interval) {
  std::string text = program::fixed(value, 3);
  if (interval) text += " [" + program::fixed(interval->low, 3) + ", " + program::fixed(interval->high, 3) + "]";
  return text;
}

std::string law_text(const law_report& report) {
  const wsd::additive_law::parameters& p = report.law.numbers();
  std::string text = "The law of all targets (M3): L(S, B) = " + program::exact(p.loss_floor) + " + " +
                     program::exact(p.signal) + " S^-alpha + " + program::exact(p.noise) + " B^-beta\n";
  text += "  alpha " + exponent(p.signal_exponent, report.signal_exponent) + ", beta " +
          exponent(p.noise_exponent, report.noise_exponent) + ", AICc " +
          (std::isfinite(report.aicc) ? program::fixed(report.aicc, 1) : "-") + "\n";
  text += report.collapses ? "  The targets collapse onto one curve: the law predicts better than a curve for each.\n"
                           : "  The targets do not collapse onto one curve: a curve for each predicts better.\n";
  return text;
}

}  // namespace

std::string table_of(const analysis& found) {
  std::string text;
  for (const target_report& target : found.targets) {
    text += title(target, found.unit) + head();
    for (std::size_t i = 0; i < target.models.size(); ++i) text += row(target.models[i], target.chosen == i);
    text += critical_batch(target) + profile(target) + messages(target) + "\n";
  }
  if (found.law) text += law_text(*found.law) + "\n";
  for (const std::string& note : found.notes) text += "Note: " + note + "\n";
  return text +
         "* predicts best. B_opt is the best constant batch size. B_min is an extrapolation: what cannot be reached "
         "within "
         "the\nlength of these runs. All of it holds for this learning rate, optimiser and data, in the stable "
         "phase.\n";
}

}  // namespace wsd_batch_size
