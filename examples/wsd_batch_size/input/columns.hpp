// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "input/csv_reader.hpp"
#include "input/read_settings.hpp"

namespace wsd_batch_size {

enum class file_kind { curves, points };

/// Where the numbers of a file stand.
struct columns {
  file_kind kind = file_kind::curves;
  std::size_t step = 0;    ///< of curves
  std::size_t loss = 0;    ///< of curves
  std::size_t batch = 0;   ///< of points
  std::size_t tokens = 0;  ///< or samples
  std::optional<std::size_t> run;
  std::optional<std::size_t> phase;
  std::optional<std::size_t> learning_rate;
  std::optional<std::size_t> reached;
  std::string unit = "tokens";
  std::vector<std::string> notes;
};

/// Recognises the kind of a file and its columns by their names, in letters of any case. Throws `usage_error` if some
/// are missing, or if two mean the same.
columns find_columns(const csv_reader& table, const read_settings& settings);

}  // namespace wsd_batch_size
