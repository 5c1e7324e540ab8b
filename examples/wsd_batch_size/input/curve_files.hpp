// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "input/clean_run.hpp"
#include "input/columns.hpp"
#include "input/csv_reader.hpp"
#include "input/logged_run.hpp"

namespace wsd_batch_size {

/// Curves of runs, ordered by batch size, then by name.
struct curve_data {
  std::vector<curve_run> runs;
  std::vector<std::string> notes;
};

/// Gathers runs from the rows of files. A run may go on in the next file under the same name.
class curve_files {
 public:
  /// Prepares for the rows of a file.
  void begin(const csv_reader& table, const columns& found);
  void add_row(const csv_reader& row, const columns& found);

  /// Throws `usage_error` if no run is of use.
  curve_data finish(const read_settings& settings) &&;

 private:
  logged_run& run_of(const csv_reader& row, const columns& found);
  std::string name_of_file(const std::string& file) const;

  std::vector<logged_run> runs_;
  std::unordered_map<std::string, std::size_t> named_;
  std::size_t last_ = 0;  ///< the run of the last row of this file
  std::size_t lines_before_training_ = 0;
  place first_before_training_;
  std::size_t files_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace wsd_batch_size
