// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "model/compiled_shapes.hpp"
#include "model/model_kinds.hpp"
#include "program_support/text_format.hpp"
#include "program_support/usage_error.hpp"

namespace language_model {
namespace {

constexpr const char* description =
    "Trains byte-level transformers that differ in their attention only, on the same bytes in the same order, and "
    "compares them. Ctrl-C saves and ends with status 130; --resume goes on from there to the same result.";

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

std::vector<std::string> all_variants() {
  std::vector<std::string> names;
  for (const model_kind& kind : model_kinds()) names.emplace_back(kind.name);
  return names;
}

void require_finite(double value, const char* option) {
  if (!std::isfinite(value)) throw program::usage_error(std::string(option) + " must be a finite number");
}

void check(const options& chosen) {
  for (const std::string& name : chosen.variants) model_kind_named(name);
  if (chosen.prompt.empty()) throw program::usage_error("--prompt must not be empty");
  require_compiled(chosen.run.model.d_model, chosen.run.model.heads);
  require_finite(chosen.run.learning_rate, "--learning-rate");
  require_finite(chosen.run.model.initial_gain, "--initial-gain");
  require_finite(chosen.checkpoint_seconds, "--checkpoint-every");
  require_finite(chosen.minutes.value_or(0), "--minutes");
  if (chosen.run.batch > most / chosen.run.context)
    throw program::usage_error("--batch times --context must be below 2^31, lower one of them");
}

}  // namespace

std::optional<options> parse_options(int argc, char** argv) {
  options chosen;
  chosen.variants = all_variants();
  run_settings& run = chosen.run;
  std::string schedule(name_of(run.schedule));

  CLI::App app(description, "language_model");
  app.option_defaults()->always_capture_default();
  app.add_option("--variant", chosen.variants, "the variants to train, by comma")->delimiter(',');
  app.add_option("--text", chosen.text, "a file to train on, its last tenth held out [default: this project's text]");
  app.add_option("--out", chosen.out, "the folder for results and checkpoints");
  app.add_option("--curve", chosen.curve, "a file for the training log: run,step,tokens,loss,learning_rate");
  app.add_flag("--resume", chosen.resume, "go on from the checkpoints in the folder");

  CLI::Option* steps =
      app.add_option("--steps", run.steps, "training steps of each model")->check(CLI::Range(std::int64_t{1}, most));
  app.add_option("--minutes", chosen.minutes, "choose the steps so that all models together take so long here")
      ->check(CLI::PositiveNumber)
      ->excludes(steps);
  app.add_option("--batch", run.batch, "windows per step")->check(CLI::Range(std::int64_t{1}, most));
  app.add_option("--context", run.context, "bytes per window")->check(CLI::Range(std::int64_t{1}, most));
  app.add_option("--learning-rate", run.learning_rate, "its peak")->check(CLI::PositiveNumber);
  app.add_option("--schedule", schedule, "constant or wsd: warm-up, stable, decay over the last fifth");
  app.add_option("--seed", run.model.seed, "seed of the first parameters and of the order of the text");
  app.add_option("--seeds", chosen.seeds, "train with so many seeds, from --seed on")->check(CLI::Range(1, 1000));

  app.add_option("--d-model", run.model.d_model, "width of the model; with --heads one of: " + compiled_shapes::text());
  app.add_option("--heads", run.model.heads, "query heads");
  app.add_option("--layers", run.model.layers, "blocks")->check(CLI::Range(1, 1000));
  app.add_option("--initial-gain", run.model.initial_gain, "first gain of the norm after attention");

  app.add_option("--cached-tokens", chosen.cached_tokens, "decoding is timed behind so many tokens")
      ->check(CLI::Range(std::int64_t{1}, most / 2));
  app.add_option("--prompt", chosen.prompt, "what the sample of generated text begins with");
  app.add_option("--checkpoint-every", chosen.checkpoint_seconds, "seconds between checkpoints")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--threads", chosen.threads, "threads, 0 for all cores; results do not depend on it")
      ->check(CLI::Range(0, 1024));

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    throw program::usage_error(program::one_line(e.what()));
  }
  run.schedule = schedule_named(schedule);
  check(chosen);
  return chosen;
}

}  // namespace language_model
