// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "options.hpp"
#include "program_support/progress_line.hpp"
#include "report/results.hpp"
#include "text/corpus.hpp"
#include "training/run_settings.hpp"
#include "training/trainer.hpp"

namespace language_model {

/// The comparison that the options ask for: trains every variant with every seed, or goes on with them, and measures
/// what came out.
class experiment {
 public:
  /// The text must outlive the experiment. Throws `usage_error` for checkpoints that cannot be resumed, before any
  /// work.
  experiment(options chosen, const corpus& text);

  /// Throws `interrupted` when the user stopped it, with everything saved.
  comparison run();

  /// A text that the best of the models writes that cache fewer heads than they see, or else the best of all.
  struct sample_type {
    std::string variant;
    std::string text;
  };
  sample_type sample(const comparison& found) const;

 private:
  run_settings settings_of(const std::string& variant, std::int64_t seed_index) const;
  std::vector<run_settings> all_runs() const;
  std::filesystem::path file_of(const run_settings& settings) const;
  bool has_checkpoint(const run_settings& settings) const;
  std::int64_t steps_for(double minutes) const;
  void train(trainer& run);
  run_result measure(byte_model& model, trainer& run) const;
  void show_progress(const trainer& run);

  options chosen_;
  const corpus& text_;
  program::progress_line progress_;
  std::int64_t runs_done_ = 0;
};

}  // namespace language_model
