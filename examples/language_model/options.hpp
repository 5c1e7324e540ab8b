// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/run_settings.hpp"

namespace language_model {

/// What the command line says.
struct options {
  /// The settings that all runs share.
  run_settings run;
  std::vector<std::string> variants;
  std::int64_t seeds = 1;
  /// Of all models together; chooses the number of steps.
  std::optional<double> minutes;
  std::filesystem::path text;
  std::filesystem::path out = "build/demo";
  std::filesystem::path curve;
  bool resume = false;
  double checkpoint_seconds = 15;
  std::int64_t cached_tokens = 4096;
  std::string prompt = "/// The ";
  int threads = 0;
};

/// Reads the command line; nothing if all it asked for was help, which is printed. Throws `usage_error`.
std::optional<options> parse_options(int argc, char** argv);

}  // namespace language_model
