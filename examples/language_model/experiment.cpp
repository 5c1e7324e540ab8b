// SPDX-License-Identifier: Apache-2.0
#include "experiment.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "generation.hpp"
#include "hash.hpp"
#include "model/model_kinds.hpp"
#include "program_support/text_format.hpp"
#include "training/checkpoint.hpp"
#include "training/interrupt.hpp"
#include "training/windows.hpp"

namespace language_model {
namespace {

constexpr std::size_t sample_bytes = 400;
constexpr double sample_temperature = 0.7;

std::string hash_of_text(const corpus& text) {
  const auto bytes = text.bytes();
  return hash_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string summary_of(const run_result& result) {
  const run_settings& s = result.settings;
  return program::left_aligned(s.variant, 22) + "  seed " + std::to_string(s.model.seed) + "  " +
         std::to_string(s.steps) + " steps in " + program::minutes_and_seconds(result.record.seconds) +
         "  held-out loss " + program::fixed(result.held_out_loss, 3) + "  " +
         program::with_commas(result.train_tokens_per_second) + " tokens/s";
}

}  // namespace

experiment::experiment(options chosen, const corpus& text) : chosen_(std::move(chosen)), text_(text) {
  chosen_.run.text = hash_of_text(text);
  std::vector<run_settings> runs = all_runs();
  if (chosen_.minutes.has_value()) {
    // A resumed experiment keeps the number of steps that the first attempt chose.
    const auto begun = std::find_if(runs.begin(), runs.end(), [&](const auto& run) { return has_checkpoint(run); });
    chosen_.run.steps = begun != runs.end() ? planned_steps(file_of(*begun)) : steps_for(*chosen_.minutes);
    progress_.keep(std::to_string(chosen_.run.steps) + " steps for each model");
    runs = all_runs();
  }
  for (const run_settings& run : runs)
    if (has_checkpoint(run)) require_resumable(file_of(run), run);
}

comparison experiment::run() {
  comparison found{text_, ngram_baselines(text_), chosen_.cached_tokens, {}};
  for (const std::string& variant : chosen_.variants) {
    variant_result& result = found.variants.emplace_back();
    result.name = variant;
    for (std::int64_t index = 0; index < chosen_.seeds; ++index) {
      const run_settings settings = settings_of(variant, index);
      const std::unique_ptr<byte_model> model = model_kind_named(variant).make(settings.model);
      trainer run(*model, text_, settings);
      if (has_checkpoint(settings)) load_checkpoint(file_of(settings), run);
      train(run);
      result.component_heads = model->component_heads();
      result.composite_heads = model->composite_heads();
      result.parameters = model->parameter_count();
      result.cache_bytes_per_token = model->cache_bytes_per_token();
      result.runs.push_back(measure(*model, run));
      progress_.keep(summary_of(result.runs.back()));
      ++runs_done_;
    }
  }
  return found;
}

experiment::sample_type experiment::sample(const comparison& found) const {
  const auto key = [](const variant_result& v) {
    return std::pair(v.component_heads >= v.composite_heads, v.held_out_loss());
  };
  const auto best = std::min_element(found.variants.begin(), found.variants.end(),
                                     [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const run_settings& settings = best->runs.front().settings;
  const std::unique_ptr<byte_model> model = model_kind_named(best->name).make(settings.model);
  trainer run(*model, text_, settings);
  load_checkpoint(file_of(settings), run);
  return {best->name, continuation(*model, chosen_.prompt, sample_bytes, settings.context, sample_temperature,
                                   settings.model.seed)};
}

run_settings experiment::settings_of(const std::string& variant, std::int64_t seed_index) const {
  run_settings settings = chosen_.run;
  settings.variant = variant;
  settings.model.seed += static_cast<std::uint64_t>(seed_index);
  return settings;
}

std::vector<run_settings> experiment::all_runs() const {
  std::vector<run_settings> runs;
  for (const std::string& variant : chosen_.variants)
    for (std::int64_t index = 0; index < chosen_.seeds; ++index) runs.push_back(settings_of(variant, index));
  return runs;
}

std::filesystem::path experiment::file_of(const run_settings& settings) const {
  return checkpoint_file(chosen_.out / "checkpoints", settings);
}

bool experiment::has_checkpoint(const run_settings& settings) const {
  return chosen_.resume && std::filesystem::exists(file_of(settings));
}

std::int64_t experiment::steps_for(double minutes) const {
  constexpr std::int64_t warm_up = 2;
  constexpr std::int64_t measured = 4;
  // The rest goes into baselines, held-out losses and decoding.
  constexpr double share_of_training = 0.85;
  double seconds_per_step = 0;
  for (const std::string& variant : chosen_.variants) {
    run_settings settings = settings_of(variant, 0);
    settings.steps = 1000 * measured;  // so many that nothing is recorded on the way
    const std::unique_ptr<byte_model> model = model_kind_named(variant).make(settings.model);
    trainer run(*model, text_, settings);
    for (std::int64_t i = 0; i < warm_up; ++i) run.step();
    const double before = run.record().seconds;
    for (std::int64_t i = 0; i < measured; ++i) run.step();
    seconds_per_step += (run.record().seconds - before) / double(measured);
    stop_if_interrupted();
  }
  const double steps = share_of_training * 60 * minutes / (seconds_per_step * double(chosen_.seeds));
  return static_cast<std::int64_t>(std::clamp(steps, 1.0, 1e9));
}

void experiment::train(trainer& run) {
  using clock = std::chrono::steady_clock;
  const std::filesystem::path file = file_of(run.settings());
  clock::time_point saved = clock::now();
  while (!run.finished()) {
    run.step();
    const bool due = std::chrono::duration<double>(clock::now() - saved).count() >= chosen_.checkpoint_seconds;
    if (due || run.finished() || interrupt_requested()) {
      save_checkpoint(file, run);
      saved = clock::now();
    }
    show_progress(run);
    if (interrupt_requested()) progress_.clear();
    stop_if_interrupted();
  }
}

run_result experiment::measure(byte_model& model, trainer& run) const {
  const run_settings& s = run.settings();
  return {s, run.record(), mean_loss(model, text_.held_out(), s.batch, s.context), run.tokens_per_second(),
          decoding_speed(model, text_.training(), chosen_.cached_tokens)};
}

void experiment::show_progress(const trainer& run) {
  const run_settings& s = run.settings();
  const std::int64_t runs = std::ssize(chosen_.variants) * chosen_.seeds;
  const std::int64_t steps_left = (runs - runs_done_) * s.steps - run.steps_done();
  const double seconds_left = double(steps_left * s.tokens_per_step()) / run.tokens_per_second();
  progress_.show(std::to_string(runs_done_ + 1) + "/" + std::to_string(runs) + "  " + s.variant + "  step " +
                 std::to_string(run.steps_done()) + "/" + std::to_string(s.steps) + "  loss " +
                 program::fixed(run.last_loss(), 3) + "  " + program::with_commas(run.tokens_per_second()) +
                 " tokens/s  " + program::minutes_and_seconds(seconds_left) + " left");
}

}  // namespace language_model
