// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "input/columns.hpp"
#include "input/curve_files.hpp"
#include "input/point_files.hpp"
#include "input/read_settings.hpp"

namespace wsd_batch_size {

/// What files of one kind hold.
using input_data = std::variant<curve_data, point_data>;

/// Reads texts of CSV files, one after the other. All functions throw `usage_error` about what is wrong in a file.
class input_reader {
 public:
  explicit input_reader(read_settings settings) : settings_(std::move(settings)) {}

  /// Reads to the end. `file` is the name of the text in messages, and of its run if it names none.
  void add(std::istream& in, const std::string& file);

  /// Needs a text at least.
  input_data finish() &&;

 private:
  template <typename Files>
  void add_rows(csv_reader& table, const columns& found, Files& files);

  read_settings settings_;
  std::size_t rows_ = 0;
  std::optional<file_kind> kind_;
  std::string first_file_;
  curve_files curves_;
  point_files points_;
  std::vector<std::string> notes_;
};

}  // namespace wsd_batch_size
