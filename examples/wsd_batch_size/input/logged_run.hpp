// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "input/place.hpp"

namespace wsd_batch_size {

enum class phase : std::uint8_t { unknown, stable, other };

/// One line of a log, as it was written.
struct log_line {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  double step = 0;
  double tokens = 0;
  double tokens_unit = 0;  ///< to which the tokens were rounded
  double loss = unknown;
  double learning_rate = unknown;
  wsd_batch_size::phase phase = phase::unknown;
};

using log_lines = std::vector<log_line>;

/// All lines of one run in the order of the files.
struct logged_run {
  std::string name;
  place first_line;
  std::size_t last_file = 0;  ///< that has lines of it, in the order of the files
  log_lines lines;
};

}  // namespace wsd_batch_size
