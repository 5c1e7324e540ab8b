// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <vector>

#include "analysis/analysis.hpp"
#include "input/read_settings.hpp"

namespace wsd_batch_size {

/// What commands read that analyse measurements, and how they judge it.
struct analysed_files {
  std::vector<std::filesystem::path> files;
  read_settings reading;
  analysis_settings settings;

  /// Adds the options for it.
  void add_to(CLI::App& app);

  /// Reads, and analyses with progress on the error stream.
  analysis analyse() const;
};

}  // namespace wsd_batch_size
