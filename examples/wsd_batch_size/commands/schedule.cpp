// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command.hpp"
#include "commands/law_options.hpp"
#include "commands/number_options.hpp"
#include "input/batch_table_file.hpp"
#include "input/shown_text.hpp"
#include "program_support/atomic_file.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {
namespace {

const std::map<std::string, wsd::learning_rate_scaling> scalings{{"none", wsd::learning_rate_scaling::none},
                                                                 {"sqrt", wsd::learning_rate_scaling::square_root},
                                                                 {"linear", wsd::learning_rate_scaling::linear}};

struct schedule_options {
  law_options law;
  std::filesystem::path table;
  std::string map = "constant";
  std::optional<wsd::power_law> loss_law;
  wsd::schedule_settings settings;
  wsd::report_settings layout;
  std::string format = "markdown";
  std::vector<std::string> boundaries;
  std::filesystem::path out;
};

/// A boundary such as 2000steps, 400Btokens or 1.2Msamples, through the schedule as it is.
wsd::run_boundary boundary_of(const std::string& text, const wsd::batch_schedule& schedule, std::int64_t sequence) {
  const std::string_view whole = text;
  const auto number_before = [&](std::string_view unit) {
    return whole_number(whole.substr(0, whole.size() - unit.size()), "--boundary");
  };
  if (whole.ends_with("steps")) return wsd::boundary_at_steps(schedule, number_before("steps"), sequence);
  if (whole.ends_with("tokens")) return wsd::boundary_at_tokens(schedule, number_before("tokens"), sequence);
  if (whole.ends_with("samples")) return wsd::boundary_at_samples(schedule, number_before("samples"), sequence);
  throw program::usage_error("--boundary needs a number with steps, tokens or samples, such as 2000steps; given: " +
                             shown(text));
}

void print_boundaries(const schedule_options& chosen, const wsd::batch_schedule& schedule) {
  const bool in_samples = chosen.layout.sequence_length > 0;
  for (const std::string& text : chosen.boundaries) {
    const wsd::run_boundary place = boundary_of(text, schedule, in_samples ? chosen.layout.sequence_length : 1);
    std::fprintf(stderr, "%s: %lld steps, %lld tokens", text.c_str(), static_cast<long long>(place.steps),
                 static_cast<long long>(place.tokens));
    if (in_samples) std::fprintf(stderr, ", %lld samples", static_cast<long long>(place.samples));
    std::fputs("\n", stderr);
  }
}

std::string list_of(const std::vector<std::int64_t>& values) {
  std::string text;
  for (const std::int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "[" + text + "]";
}

std::string text_of(const schedule_options& chosen, const wsd::batch_schedule& schedule,
                    const wsd::schedule_report& report) {
  if (chosen.format == "csv") return wsd::csv_of(report);
  if (chosen.format == "json") return wsd::json_of(report) + "\n";
  if (chosen.format == "megatron") {
    if (chosen.layout.sequence_length <= 0)
      throw program::usage_error("--format megatron counts samples, it needs --sequence-length");
    return wsd::megatron_schedule(schedule, chosen.layout.sequence_length) + "\n";
  }
  if (chosen.format == "olmo-core") {
    const wsd::olmo_core_lists lists = wsd::olmo_core_schedule(schedule);
    return "batch_sizes: " + list_of(lists.batch_sizes) + "\nschedule: " + list_of(lists.schedule) + "\n";
  }
  return wsd::markdown_of(report);
}

void warn_of_extrapolation(const std::optional<wsd::interval>& losses, const wsd::schedule_report& report) {
  if (!losses || report.stages.empty()) return;
  const double last = report.stages.back().prediction->loss;
  if (last < losses->low)
    std::fprintf(stderr, "%s: the schedule ends at a loss of %.4g, they end at %.4g\n",
                 std::string(wsd::text_of(wsd::finding::extrapolated)).c_str(), last, losses->low);
}

exit_status schedule(schedule_options chosen) {
  if (chosen.law.given() != chosen.table.empty())
    throw program::usage_error("the best batch is needed from one source: --from, --law or --table");
  if (chosen.settings.granularity == 1 && chosen.layout.sequence_length > 0)
    chosen.settings.granularity = chosen.layout.sequence_length * std::max<std::int64_t>(1, chosen.layout.micro_batch) *
                                  chosen.layout.data_parallel;
  wsd::batch_schedule made;
  wsd::schedule_report report;
  if (chosen.law.given()) {
    const fitted_law fitted = chosen.law.read();
    const wsd::additive_law& law = fitted.law;
    const auto best = [&](double tokens) {
      if (chosen.loss_law) return law.at(chosen.loss_law->loss(tokens)).batch_opt();
      return chosen.map == "reached" ? wsd::followed_batch_of_tokens(law, tokens) : law.batch_opt_of_tokens(tokens);
    };
    made =
        wsd::make_schedule(best, chosen.settings, [&](double tokens) { return wsd::batch_min_of_tokens(law, tokens); });
    report = wsd::report_of(made, chosen.layout, law);
    warn_of_extrapolation(fitted.losses, report);
  } else {
    made = wsd::make_schedule(read_batch_table(chosen.table, "tokens", "batch_size"), chosen.settings);
    report = wsd::report_of(made, chosen.layout);
  }
  const std::string text = text_of(chosen, made, report);
  print_boundaries(chosen, made);
  program::write_or_print(text, chosen.out);
  return exit_status::success;
}

}  // namespace

void add_schedule(CLI::App& program, command& chosen) {
  const auto o = std::make_shared<schedule_options>();
  CLI::App* app = program.add_subcommand("schedule", "Makes the schedule by which the batch grows over a run");
  o->law.add_to(*app);
  app->add_option("--table", o->table, "a CSV file of the best batch by tokens: tokens, batch_size");
  app->add_option(
         "--map", o->map,
         "what leads from tokens to a loss: the best constant batch, or the loss that the schedule has reached")
      ->check(CLI::IsMember({"constant", "reached"}));
  const auto set_loss_law = [o](const std::vector<std::string>& texts) {
    if (texts.size() != 3) throw CLI::ValidationError("--loss-law", "needs three numbers by comma: D_c,alpha,L_0");
    o->loss_law = wsd::power_law({.critical_tokens = positive_number(texts[0], "--loss-law"),
                                  .exponent = positive_number(texts[1], "--loss-law"),
                                  .loss_floor = positive_number(texts[2], "--loss-law")});
  };
  app->add_option_function<std::vector<std::string>>("--loss-law", set_loss_law,
                                                     "D_c,alpha,L_0 of L(D) = (D_c / D)^alpha + L_0, which leads from "
                                                     "tokens to a loss in place of --map")
      ->delimiter(',');
  add_number(*app, "--total", o->settings.total_tokens, "tokens of the whole run")->required();
  add_number(*app, "--every", o->settings.interval, "a stage every so many tokens");
  add_numbers(*app, "--values", o->settings.ladder, "the only batch sizes, ascending, by comma");
  add_number(*app, "--granularity", o->settings.granularity,
             "tokens that a batch is a multiple of [default: sequence length times micro batch times data parallel]");
  add_number(*app, "--sequence-length", o->layout.sequence_length, "tokens of a sample");
  add_number(*app, "--micro-batch", o->layout.micro_batch, "samples of one pass on one rank");
  add_number(*app, "--data-parallel", o->layout.data_parallel, "ranks that share a batch");
  add_number(*app, "--cap", o->settings.largest_batch, "no batch is larger");
  app->add_option("--largest-ratio", o->settings.largest_ratio, "no switch multiplies the batch by more");
  app->add_option("--smallest-rise", o->settings.smallest_rise, "smaller rises are not worth a switch");
  app->add_option("--margin", o->settings.margin, "by what part batches stay above B_min of the end of their stage")
      ->check(between(0.0, 100.0));
  add_number(*app, "--dwell", o->settings.smallest_dwell, "tokens between two switches at least");
  app->add_flag("--integer-factors", o->settings.integer_factors, "whole factors from batch to batch only");
  app->add_flag("--powers-of-two", o->settings.powers_of_two, "granularity times powers of two only");
  app->add_option("--learning-rate", o->layout.scaling, "how it follows the batch: none, sqrt, linear")
      ->transform(CLI::CheckedTransformer(scalings))
      ->default_str("none");
  app->add_option("--boundary", o->boundaries,
                  "places to convert, such as 2000steps of warm-up or 400Btokens where the decay starts");
  app->add_option("--format", o->format, "markdown, csv, json, megatron or olmo-core")
      ->check(CLI::IsMember({"markdown", "csv", "json", "megatron", "olmo-core"}));
  app->add_option("--out", o->out, "the file to write [default: the standard output]");
  app->callback([o, &chosen] { chosen = [o] { return schedule(*o); }; });
}

}  // namespace wsd_batch_size
