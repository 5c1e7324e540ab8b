// SPDX-License-Identifier: Apache-2.0
#include "input/read_input.hpp"

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "input/place.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {

input_data read_input(std::span<const std::filesystem::path> files, const read_settings& settings) {
  if (files.empty()) throw program::usage_error("no input is given, needed: CSV files");
  input_reader reader(settings);
  for (const std::filesystem::path& file : files) {
    std::error_code unknown;
    if (std::filesystem::is_directory(file, unknown)) refuse(file.string(), "is a folder, needed: a CSV file");
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      const std::string reason = std::generic_category().message(errno);
      refuse(file.string(), "cannot be opened (" + reason + "), needed: a CSV file");
    }
    reader.add(in, file.string());
  }
  return std::move(reader).finish();
}

}  // namespace wsd_batch_size
