// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>

#include "input/input_reader.hpp"
#include "input/read_settings.hpp"

namespace wsd_batch_size {

/// Reads CSV files, all of curves or all of points; also pipes. Throws `usage_error` in one line that names the file,
/// and the line and column if the problem stands there.
input_data read_input(std::span<const std::filesystem::path> files, const read_settings& settings = {});

}  // namespace wsd_batch_size
