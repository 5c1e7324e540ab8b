// SPDX-License-Identifier: Apache-2.0
#include "training/checkpoint.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "model/model_kinds.hpp"
#include "model/random.hpp"
#include "program_support/atomic_file.hpp"
#include "program_support/usage_error.hpp"
#include "training/safetensors.hpp"

namespace language_model {
namespace {

/// A folder that is gone with its scope.
struct temporary_folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("checkpoint_test-" + std::to_string(getpid()));
  ~temporary_folder() { std::filesystem::remove_all(path); }
};

corpus some_text() {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t i = 0; i < 2000; ++i) bytes.push_back(static_cast<std::uint8_t>('a' + derived_seed(i / 7, i) % 9));
  return {"test", bytes};
}

run_settings tiny_run() {
  run_settings settings;
  settings.variant = "mea_half_cache";
  settings.model = {.d_model = 64, .heads = 4, .layers = 1, .seed = 5};
  settings.context = 16;
  settings.batch = 2;
  settings.steps = 40;
  return settings;
}

struct tiny_trainer {
  std::unique_ptr<byte_model> model;
  trainer run;

  explicit tiny_trainer(const corpus& text, const run_settings& settings = tiny_run())
      : model(model_kind_named(settings.variant).make(settings.model)), run(*model, text, settings) {}

  void steps(int count) {
    for (int i = 0; i < count; ++i) run.step();
  }
  std::vector<float> values() const {
    std::vector<float> all;
    for (const auto& view : run.parameters()) all.insert(all.end(), view.values.begin(), view.values.end());
    return all;
  }
};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<double> losses_of(const training_record& record) {
  std::vector<double> losses;
  for (const log_row& row : record.log) losses.push_back(row.loss);
  for (const curve_point& point : record.curve) {
    losses.push_back(point.held_out_loss);
    losses.push_back(point.training_loss);
  }
  return losses;
}

TEST_CASE("a resumed run goes on as if it had never stopped, to the bit") {
  const temporary_folder folder;
  const corpus text = some_text();
  tiny_trainer whole(text);
  whole.steps(40);
  REQUIRE(whole.run.finished());

  const auto file = checkpoint_file(folder.path, tiny_run());
  tiny_trainer first(text);
  first.steps(17);
  save_checkpoint(file, first.run);
  tiny_trainer second(text);
  load_checkpoint(file, second.run);
  CHECK(second.values() == first.values());
  CHECK(second.run.steps_done() == 17);
  second.steps(23);
  CHECK(second.run.finished());
  CHECK(second.values() == whole.values());
  CHECK(losses_of(second.run.record()) == losses_of(whole.run.record()));
}

TEST_CASE("training learns") {
  const corpus text = some_text();
  tiny_trainer run(text);
  run.steps(40);
  CHECK(run.run.record().curve.back().held_out_loss < run.run.record().curve.front().held_out_loss);
}

void check_refusal(const std::filesystem::path& file, const std::string& bytes) {
  const corpus text = some_text();
  program::write_atomically(file, bytes);
  CHECK_THROWS_AS(require_resumable(file, tiny_run()), program::usage_error);
  tiny_trainer other(text);
  const std::vector<float> before = other.values();
  CHECK_THROWS_AS(load_checkpoint(file, other.run), program::usage_error);
  CHECK(other.values() == before);
  CHECK(bytes_of(file) == bytes);
}

TEST_CASE("damaged checkpoints are refused, and left as they are") {
  const temporary_folder folder;
  const corpus text = some_text();
  const auto file = checkpoint_file(folder.path, tiny_run());
  tiny_trainer run(text);
  run.steps(3);
  save_checkpoint(file, run.run);
  const std::string good = bytes_of(file);
  require_resumable(file, tiny_run());

  const auto refused = [&](const std::string& bytes) { check_refusal(file, bytes); };
  refused("");
  refused("hello, world, this is a text");
  for (const std::size_t length : {std::size_t{7}, std::size_t{100}, good.size() / 2, good.size() - 1})
    refused(good.substr(0, length));
  for (std::size_t place = 3; place < good.size(); place += good.size() / 23) {
    CAPTURE(place);
    std::string flipped = good;
    flipped[place] = static_cast<char>(flipped[place] ^ 4);
    refused(flipped);
  }
  safetensors foreign;
  foreign.tensors["weight"] = {{1}, {1.0F}};
  refused(to_bytes(foreign));
}

TEST_CASE("every digit of the metadata is under the checksum") {
  const temporary_folder folder;
  const corpus text = some_text();
  const auto file = checkpoint_file(folder.path, tiny_run());
  tiny_trainer run(text);
  run.steps(3);
  save_checkpoint(file, run.run);
  safetensors contents = from_bytes(bytes_of(file));
  CHECK(contents.metadata.at("step") == "3");
  CHECK(contents.metadata.at("seed") == "5");
  contents.metadata["step"].back() = '4';
  program::write_atomically(file, to_bytes(contents));
  CHECK_THROWS_AS(require_resumable(file, tiny_run()), program::usage_error);
}

TEST_CASE("a checkpoint of other settings is refused by the name of the setting") {
  const temporary_folder folder;
  const corpus text = some_text();
  const auto file = checkpoint_file(folder.path, tiny_run());
  tiny_trainer run(text);
  save_checkpoint(file, run.run);
  const auto refused_for = [&](const char* words, auto change) {
    run_settings settings = tiny_run();
    change(settings);
    try {
      require_resumable(file, settings);
      FAIL("not refused");
    } catch (const program::usage_error& e) {
      CHECK(std::string(e.what()).find(words) != std::string::npos);
    }
  };
  refused_for("--batch 2, not 3", [](run_settings& s) { s.batch = 3; });
  refused_for("--steps 40, not 41", [](run_settings& s) { s.steps = 41; });
  refused_for("--context 16, not 32", [](run_settings& s) { s.context = 32; });
  refused_for("--learning-rate 0.002, not 0.001", [](run_settings& s) { s.learning_rate = 1e-3; });
  refused_for(R"(--schedule "wsd", not "constant")", [](run_settings& s) { s.schedule = schedule_kind::constant; });
  refused_for("--layers 1, not 2", [](run_settings& s) { s.model.layers = 2; });
  refused_for("the text has changed", [](run_settings& s) { s.text = "another"; });
}

}  // namespace
}  // namespace language_model
