// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>

namespace wsd_batch_size {

/// Opens a file that a user names. Throws `usage_error` in one line that names it.
std::ifstream open_file(const std::filesystem::path& file);

}  // namespace wsd_batch_size
