// SPDX-License-Identifier: Apache-2.0
#include "commands/analysed_files.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "commands/number_options.hpp"
#include "input/number_text.hpp"
#include "program_support/progress_line.hpp"

namespace wsd_batch_size {
namespace {

constexpr double huber_limit = 1.5;

/// "auto", or losses by comma.
std::vector<double> losses_of(const std::vector<std::string>& texts) {
  std::vector<double> losses;
  if (texts == std::vector<std::string>{"auto"}) return losses;
  for (const std::string& text : texts) {
    const number_text number = read_number(text);
    if (number.kind != number_kind::finite)
      throw CLI::ValidationError("--targets", "needs auto or losses by comma; given: " + text);
    losses.push_back(number.value);
  }
  std::sort(losses.begin(), losses.end());
  losses.erase(std::unique(losses.begin(), losses.end()), losses.end());
  return losses;
}

}  // namespace

void analysed_files::add_to(CLI::App& app) {
  std::vector<std::string> names = model_names();
  names.insert(names.begin(), "auto");
  app.add_option(
         "files", files,
         "CSV files of curves (run, step, tokens, loss[, learning_rate, phase]) or of points (batch_size, tokens "
         "or samples[, learning_rate])")
      ->required();
  app.add_option_function<std::vector<std::string>>(
         "--targets", [this](const std::vector<std::string>& texts) { settings.losses = losses_of(texts); },
         "losses to judge at, by comma, or auto")
      ->delimiter(',')
      ->default_str("auto");
  app.add_option("--target-count", settings.target_count, "how many losses auto takes")->check(CLI::Range(1, 100));
  app.add_option("--model", settings.model, "auto for all, or one of m0 m1 m2 m2f m2p m3")
      ->check(CLI::IsMember(names, CLI::ignore_case));
  app.add_option("--bootstrap", settings.bootstrap.draws, "so many draws of whole runs for intervals")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--share", settings.bootstrap.share, "of the draws that an interval holds")
      ->check(between(0.01, 0.999));
  app.add_option("--seed", settings.bootstrap.seed, "of the draws");
  app.add_option("--loss-column", reading.loss_column, "which column is the loss [default: by its name]");
  app.add_option_function<double>(
         "--deviation", [this](double value) { settings.deviation = value; },
         "of ln S in point files [default: from repeats, or 0.02]")
      ->check(between(1e-6, 10.0));
  app.add_flag_callback(
      "--robust", [this] { settings.fit.huber_limit = huber_limit; }, "let single runs that went astray count less");
}

analysis analysed_files::analyse() const {
  const input_data input = read_input(files, reading);
  program::progress_line progress;
  analysis found = wsd_batch_size::analyse(input, settings, [&](int done, int of) {
    progress.show("bootstrap: " + std::to_string(done) + " of " + std::to_string(of) + " draws");
  });
  progress.clear();
  return found;
}

}  // namespace wsd_batch_size
