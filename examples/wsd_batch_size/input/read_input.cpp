// SPDX-License-Identifier: Apache-2.0
#include "input/read_input.hpp"

#include <fstream>
#include <string>
#include <utility>

#include "input/open_file.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {

input_data read_input(std::span<const std::filesystem::path> files, const read_settings& settings) {
  if (files.empty()) throw program::usage_error("no input is given, needed: CSV files");
  input_reader reader(settings);
  for (const std::filesystem::path& file : files) {
    std::ifstream in = open_file(file);
    reader.add(in, file.string());
  }
  return std::move(reader).finish();
}

}  // namespace wsd_batch_size
