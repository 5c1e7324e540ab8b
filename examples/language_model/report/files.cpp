// SPDX-License-Identifier: Apache-2.0
#include "report/files.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>

#include "program_support/text_format.hpp"

namespace language_model {
namespace {

using json = nlohmann::ordered_json;

json settings_of(const comparison& found) {
  const run_settings& s = found.variants.front().runs.front().settings;
  json seeds = json::array();
  for (const run_result& run : found.variants.front().runs) seeds.push_back(run.settings.model.seed);
  return {{"d_model", s.model.d_model},
          {"layers", s.model.layers},
          {"heads", s.model.heads},
          {"initial_gain", s.model.initial_gain},
          {"context", s.context},
          {"batch", s.batch},
          {"steps", s.steps},
          {"learning_rate", s.learning_rate},
          {"schedule", name_of(s.schedule)},
          {"seeds", seeds},
          {"cached_tokens", found.cached_tokens}};
}

json json_of(const variant_result& v) {
  json losses = json::array();
  for (const run_result& run : v.runs) losses.push_back(run.held_out_loss);
  json curve = json::array();
  const auto& points = v.runs.front().record.curve;
  for (std::size_t i = 0; i < points.size(); ++i)
    curve.push_back({{"tokens", points[i].tokens}, {"loss", v.curve_loss(i)}});
  return {{"name", v.name},
          {"component_heads", v.component_heads},
          {"composite_heads", v.composite_heads},
          {"parameters", v.parameters},
          {"kv_bytes_per_token", v.cache_bytes_per_token},
          {"held_out_loss", v.held_out_loss()},
          {"held_out_loss_spread", v.spread()},
          {"held_out_loss_of_seeds", losses},
          {"train_tokens_per_second", v.train_tokens_per_second()},
          {"decode_tokens_per_second", v.decode_tokens_per_second()},
          {"curve", curve}};
}

}  // namespace

std::string results_json(const comparison& found) {
  json variants = json::array();
  for (const variant_result& v : found.variants) variants.push_back(json_of(v));
  const json all = {{"text", found.text.name()},
                    {"text_bytes", found.text.bytes().size()},
                    {"held_out_bytes", found.text.held_out().size()},
                    {"baselines",
                     {{"unigram", found.baselines.unigram},
                      {"bigram", found.baselines.bigram},
                      {"trigram", found.baselines.trigram}}},
                    {"settings", settings_of(found)},
                    {"variants", variants}};
  // A file's name need not be valid UTF-8, JSON must be.
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string loss_csv(const comparison& found) {
  std::string text = "variant,seed,step,tokens,held_out_loss,training_loss\n";
  for (const variant_result& v : found.variants)
    for (const run_result& run : v.runs)
      for (const curve_point& point : run.record.curve)
        text += v.name + "," + std::to_string(run.settings.model.seed) + "," + std::to_string(point.step) + "," +
                std::to_string(point.tokens) + "," + program::exact(point.held_out_loss) + "," +
                program::exact(point.training_loss) + "\n";
  return text;
}

std::string training_log_csv(const comparison& found) {
  std::string text = "run,step,tokens,loss,learning_rate\n";
  for (const variant_result& v : found.variants)
    for (const run_result& run : v.runs) {
      const std::string name =
          v.name + "-batch" + std::to_string(run.settings.batch) + "-seed" + std::to_string(run.settings.model.seed);
      for (const log_row& row : run.record.log)
        text += name + "," + std::to_string(row.step) + "," + std::to_string(row.tokens) + "," +
                program::exact(row.loss) + "," + program::exact(row.learning_rate) + "\n";
    }
  return text;
}

}  // namespace language_model
