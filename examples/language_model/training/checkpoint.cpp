// SPDX-License-Identifier: Apache-2.0
#include "training/checkpoint.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "hash.hpp"
#include "program_support/atomic_file.hpp"
#include "program_support/usage_error.hpp"
#include "training/safetensors.hpp"

namespace language_model {
namespace {

using nlohmann::json;

constexpr const char* format_name = "headwise language_model checkpoint, version 1";

/// Under the names of the options that set them.
json to_json(const run_settings& s) {
  return {{"--variant", s.variant},
          {"--d-model", s.model.d_model},
          {"--layers", s.model.layers},
          {"--heads", s.model.heads},
          {"--initial-gain", s.model.initial_gain},
          {"--seed", s.model.seed},
          {"--context", s.context},
          {"--batch", s.batch},
          {"--steps", s.steps},
          {"--learning-rate", s.learning_rate},
          {"--schedule", name_of(s.schedule)},
          {"--text", s.text}};
}

/// A hash of everything but itself, so that damage anywhere is noticed.
std::string checksum_of(safetensors contents) {
  contents.metadata.erase("checksum");
  return hash_text(to_bytes(contents));
}

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& problem) {
  throw program::usage_error("cannot resume from " + file.string() + ": " + problem +
                             "; it was left as it is, move it away or start afresh without --resume");
}

/// An intact checkpoint.
safetensors read_checkpoint(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) refuse(file, "it cannot be read");
  safetensors contents;
  try {
    contents = from_bytes(bytes);
  } catch (const malformed_safetensors& e) {
    refuse(file, std::string("it is damaged or no safetensors file, ") + e.what());
  }
  auto& metadata = contents.metadata;
  if (metadata["format"] != format_name) refuse(file, "it is not a checkpoint of this program");
  if (metadata["checksum"] != checksum_of(contents)) refuse(file, "it is damaged, its checksum is wrong");
  return contents;
}

/// Which setting differs, if any does.
void require_settings(const std::filesystem::path& file, const safetensors& contents, const run_settings& settings) {
  const json saved = json::parse(contents.metadata.at("settings"));
  const json asked = to_json(settings);
  for (const auto& [option, value] : asked.items()) {
    if (saved.at(option) == value) continue;
    if (option == "--text") refuse(file, "the text has changed since");
    refuse(file, "it was made with " + option + " " + saved.at(option).dump() + ", not " + value.dump());
  }
}

/// Calls `visit(name, shape, values)` for every tensor of a checkpoint.
template <typename Visit>
void for_each_tensor(trainer& run, const Visit& visit) {
  auto& moments = run.optimizer().state();
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const auto& view = run.parameters()[i];
    visit("parameters." + view.name, view.shape, view.values);
    visit("adamw.first." + view.name, view.shape, std::span<float>(moments[i].first));
    visit("adamw.second." + view.name, view.shape, std::span<float>(moments[i].second));
  }
}

}  // namespace

std::filesystem::path checkpoint_file(const std::filesystem::path& folder, const run_settings& settings) {
  return folder / (settings.variant + "-seed" + std::to_string(settings.model.seed) + ".safetensors");
}

void save_checkpoint(const std::filesystem::path& file, trainer& run) {
  safetensors contents;
  for_each_tensor(run, [&](const std::string& name, const std::vector<std::int64_t>& shape, std::span<float> values) {
    contents.tensors[name] = {shape, {values.begin(), values.end()}};
  });
  contents.metadata = {{"format", format_name},
                       {"settings", to_json(run.settings()).dump()},
                       {"step", std::to_string(run.record().step)},
                       {"seed", std::to_string(run.settings().model.seed)},
                       {"record", json(run.record()).dump()}};
  contents.metadata["checksum"] = checksum_of(contents);
  program::write_atomically(file, to_bytes(contents));
}

void load_checkpoint(const std::filesystem::path& file, trainer& run) {
  const safetensors contents = read_checkpoint(file);
  require_settings(file, contents, run.settings());
  for_each_tensor(run, [&](const std::string& name, const std::vector<std::int64_t>& shape, std::span<float>) {
    const auto found = contents.tensors.find(name);
    if (found == contents.tensors.end() || found->second.shape != shape)
      refuse(file, "it has no tensor " + name + " of this model's shape");
  });
  for_each_tensor(run, [&](const std::string& name, const std::vector<std::int64_t>&, std::span<float> values) {
    std::copy_n(contents.tensors.at(name).values.begin(), values.size(), values.begin());
  });
  run.record() = json::parse(contents.metadata.at("record")).get<training_record>();
}

void require_resumable(const std::filesystem::path& file, const run_settings& settings) {
  require_settings(file, read_checkpoint(file), settings);
}

std::int64_t planned_steps(const std::filesystem::path& file) {
  return json::parse(read_checkpoint(file).metadata.at("settings")).at("--steps").get<std::int64_t>();
}

}  // namespace language_model
