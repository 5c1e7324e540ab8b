// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "headwise/wsd_batch_size/batch_table.hpp"

namespace wsd_batch_size {

/// Reads a CSV file of two columns with these names, the first ascending, as a table from one to the other. Throws
/// `usage_error` in one line that names the file, and the line and column if the problem stands there.
headwise::wsd::batch_table read_batch_table(const std::filesystem::path& file, const std::string& from,
                                            const std::string& to);

}  // namespace wsd_batch_size
