// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "training/run_settings.hpp"
#include "training/trainer.hpp"

namespace language_model {

// A checkpoint is a safetensors file with the parameters, both moments of AdamW, the settings of the run and its
// record. It replaces the one before only when it is complete.

/// Where the checkpoint of a run lies.
std::filesystem::path checkpoint_file(const std::filesystem::path& folder, const run_settings& settings);

void save_checkpoint(const std::filesystem::path& file, trainer& run);

/// Puts the run where the file left it. Throws `usage_error`, with the run unchanged, if the file is damaged, is not a
/// checkpoint, or is one of other settings.
void load_checkpoint(const std::filesystem::path& file, trainer& run);

/// Throws as `load_checkpoint` would.
void require_resumable(const std::filesystem::path& file, const run_settings& settings);

/// The number of steps that an intact checkpoint was to reach.
std::int64_t planned_steps(const std::filesystem::path& file);

}  // namespace language_model
