// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headwise/wsd_batch_size/measurement.hpp"
#include "input/columns.hpp"
#include "input/csv_reader.hpp"

namespace wsd_batch_size {

/// Runs to one quality target, in the order of the files.
struct point_data {
  std::vector<headwise::wsd::measurement> points;
  std::vector<std::optional<double>> learning_rates;  ///< as many as points
  std::string unit = "tokens";                        ///< of batch sizes and costs: "tokens" or "samples"
  std::vector<std::string> notes;
};

/// Gathers points from the rows of files.
class point_files {
 public:
  /// Prepares for the rows of a file. Throws `usage_error` if its unit is another one than before.
  void begin(const csv_reader& table, const columns& found);
  void add_row(const csv_reader& row, const columns& found);
  point_data finish() && { return std::move(data_); }

 private:
  point_data data_;
  std::string first_file_;
};

}  // namespace wsd_batch_size
