// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "commands/law_options.hpp"
#include "commands/number_options.hpp"
#include "input/batch_table_file.hpp"
#include "program_support/atomic_file.hpp"
#include "program_support/text_format.hpp"
#include "program_support/usage_error.hpp"
#include "report/quantity.hpp"

namespace wsd_batch_size {
namespace {

struct simulate_options {
  law_options law;
  bool quadratic = false;
  double time_constant = 0;
  std::int64_t stages = 8;
  std::filesystem::path throughput;
  std::filesystem::path json;
  wsd::comparison_settings settings;
};

/// A staircase of equal stages against constant batches and late switches.
template <wsd::training_process Process, typename BestBatch>
std::vector<wsd::compared_schedule> compare(const Process& start, const BestBatch& best_of_tokens,
                                            const simulate_options& chosen) {
  const std::int64_t total = chosen.settings.total_tokens;
  const wsd::batch_schedule staircase =
      wsd::make_schedule(best_of_tokens, {.total_tokens = total,
                                          .granularity = chosen.settings.granularity,
                                          .interval = std::max<std::int64_t>(1, total / chosen.stages),
                                          .smallest_rise = 0});
  return wsd::compare_schedules(start, best_of_tokens(static_cast<double>(total)), staircase, chosen.settings);
}

std::string stages_of(const wsd::batch_schedule& schedule) {
  std::string text;
  for (const wsd::batch_stage& stage : schedule.stages) {
    if (!text.empty()) text += " ";
    text += quantity(double(stage.first_token)) + ":" + quantity(double(stage.batch));
  }
  return text;
}

std::string table_of(const std::vector<wsd::compared_schedule>& compared) {
  constexpr std::size_t name_width = 18;
  constexpr std::size_t width = 12;
  const bool hours = compared.front().hours.has_value();
  std::string text = program::left_aligned("schedule", name_width) + program::right_aligned("loss", width) +
                     program::right_aligned("tokens", width) + program::right_aligned("steps", width) +
                     (hours ? program::right_aligned("hours", width) : "") + "  tokens:batch of its stages\n";
  for (const wsd::compared_schedule& entry : compared) {
    text += program::left_aligned(entry.name, name_width) +
            program::right_aligned(program::fixed(entry.loss, 4), width) +
            program::right_aligned(quantity(double(entry.schedule.tokens())), width) +
            program::right_aligned(quantity(double(entry.schedule.steps())), width);
    if (hours) text += program::right_aligned(program::fixed(*entry.hours, 1), width);
    text += "  " + stages_of(entry.schedule) + "\n";
  }
  return text;
}

std::string json_of(const std::vector<wsd::compared_schedule>& compared) {
  using json = nlohmann::ordered_json;
  json all = json::array();
  for (const wsd::compared_schedule& entry : compared) {
    json stages = json::array();
    for (const wsd::batch_stage& stage : entry.schedule.stages)
      stages.push_back({{"first_token", stage.first_token}, {"batch_tokens", stage.batch}, {"steps", stage.steps}});
    all.push_back({{"schedule", entry.name},
                   {"loss", entry.loss},
                   {"tokens", entry.schedule.tokens()},
                   {"steps", entry.schedule.steps()},
                   {"hours", entry.hours ? json(*entry.hours) : json(nullptr)},
                   {"stages", stages}});
  }
  return all.dump(2) + "\n";
}

exit_status simulate(simulate_options chosen) {
  if (chosen.quadratic && chosen.law.given())
    throw program::usage_error("--quadratic is a process of its own, it excludes --law and --from");
  if (!chosen.throughput.empty())
    chosen.settings.throughput = read_batch_table(chosen.throughput, "batch_size", "tokens_per_second");
  std::vector<wsd::compared_schedule> compared;
  if (chosen.quadratic) {
    const wsd::noisy_quadratic start({});
    constexpr double smallest = 1e4;
    constexpr double largest = 1e9;
    compared = compare(
        start, [&](double tokens) { return wsd::best_constant_batch(start, tokens, smallest, largest); }, chosen);
  } else {
    const wsd::additive_law law = chosen.law.read().law;
    compared = compare(
        wsd::relaxed_law(law, chosen.time_constant), [&](double tokens) { return law.batch_opt_of_tokens(tokens); },
        chosen);
  }
  std::fputs(table_of(compared).c_str(), stdout);
  std::fflush(stdout);
  if (!chosen.json.empty()) program::write_atomically(chosen.json, json_of(compared));
  return exit_status::success;
}

}  // namespace

void add_simulate(CLI::App& program, command& chosen) {
  const auto o = std::make_shared<simulate_options>();
  CLI::App* app =
      program.add_subcommand("simulate", "Compares constant batches, a staircase and late switches at equal tokens");
  o->law.add_to(*app);
  app->add_flag("--quadratic", o->quadratic, "simulate a noisy quadratic in place of a law");
  app->add_option("--time-constant", o->time_constant,
                  "steps in which the noise of a law follows a switch, 0 for at once")
      ->check(between(0, 1e18));
  add_number(*app, "--total", o->settings.total_tokens, "tokens of every run")->required();
  add_number(*app, "--granularity", o->settings.granularity, "tokens that a batch is a multiple of");
  app->add_option("--stages", o->stages, "of the staircase, equal in tokens")->check(CLI::Range(1, 10000));
  app->add_option("--throughput", o->throughput, "a CSV file for hours: batch_size, tokens_per_second");
  app->add_option("--json", o->json, "a file for the result as JSON");
  app->callback([o, &chosen] { chosen = [o] { return simulate(*o); }; });
}

}  // namespace wsd_batch_size
