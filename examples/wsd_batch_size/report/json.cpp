// SPDX-License-Identifier: Apache-2.0
#include "report/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "report/messages.hpp"

namespace wsd_batch_size {
namespace {

using json = nlohmann::ordered_json;

json number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? json(*value) : json(nullptr);
}

json pair_of(const wsd::interval& interval) { return json::array({number(interval.low), number(interval.high)}); }

json json_of(const model_report& model) {
  const wsd::curve_estimate& e = model.estimate;
  json intervals = json::object();
  if (model.intervals) {
    if (e.batch_min) intervals["b_min"] = pair_of(model.intervals->batch_min);
    if (e.batch_opt) intervals["b_opt"] = pair_of(model.intervals->batch_opt);
    if (e.tokens_min) intervals["e_min"] = pair_of(model.intervals->tokens_min);
    if (e.steps_min) intervals["s_min"] = pair_of(model.intervals->steps_min);
  }
  const bool fitted = model.curve.has_value();
  return {{"model", e.model},
          {"b_min", number(e.batch_min)},
          {"b_opt", number(e.batch_opt)},
          {"e_min", number(e.tokens_min)},
          {"s_min", number(e.steps_min)},
          {"interval", intervals},
          {"b_min_profile", model.batch_min_profile ? json::array({number(model.batch_min_profile->low),
                                                                   number(model.batch_min_profile->high)})
                                                    : json(nullptr)},
          {"chi_square", fitted ? number(e.chi_square) : json(nullptr)},
          {"aicc", fitted ? number(e.aicc) : json(nullptr)},
          {"leave_one_out", number(model.leave_one_out)},
          {"messages", messages_of(model)}};
}

json json_of(const target_report& target) {
  json points = json::array();
  for (const wsd::measurement& point : target.points)
    points.push_back(
        {{"batch", point.batch}, {"steps", point.steps}, {"deviation", point.deviation}, {"reached", point.reached}});
  json models = json::array();
  for (const model_report& model : target.models) models.push_back(json_of(model));
  json messages = json::array();
  for (const wsd::finding what : target.findings) messages.push_back(wsd::text_of(what));
  return {{"loss", number(target.loss)},
          {"points", points},
          {"models", models},
          {"chosen", target.chosen ? json(target.best()->estimate.model) : json(nullptr)},
          {"messages", messages}};
}

json json_of(const law_report& report) {
  const wsd::additive_law::parameters& p = report.law.numbers();
  json intervals = json::object();
  if (report.signal_exponent) intervals["alpha"] = pair_of(*report.signal_exponent);
  if (report.noise_exponent) intervals["beta"] = pair_of(*report.noise_exponent);
  return {{"l_inf", p.loss_floor},
          {"a", p.signal},
          {"alpha", p.signal_exponent},
          {"c", p.noise},
          {"beta", p.noise_exponent},
          {"interval", intervals},
          {"chi_square", number(report.chi_square)},
          {"aicc", number(report.aicc)},
          {"collapses", report.collapses}};
}

}  // namespace

std::string json_of(const analysis& found) {
  json targets = json::array();
  for (const target_report& target : found.targets) targets.push_back(json_of(target));
  const json all = {{"unit", found.unit},
                    {"targets", targets},
                    {"law", found.law ? json_of(*found.law) : json(nullptr)},
                    {"notes", found.notes}};
  // Names of runs need not be valid UTF-8, JSON must be.
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wsd_batch_size
