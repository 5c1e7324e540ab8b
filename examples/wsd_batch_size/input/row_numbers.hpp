// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "input/csv_reader.hpp"
#include "input/number_text.hpp"

namespace wsd_batch_size {

/// A positive number of the row. Throws `usage_error` about anything else.
number_text read_positive(const csv_reader& row, std::size_t column);

/// Nothing if the field is empty, NaN or infinite: not all lines of a log have a loss, and runs diverge.
std::optional<double> read_loss(const csv_reader& row, std::size_t column);

/// Nothing if the field is empty. May be zero, as warm-ups begin and decays end.
std::optional<double> read_learning_rate(const csv_reader& row, std::size_t column);

/// 1 or true, 0 or false.
bool read_truth(const csv_reader& row, std::size_t column);

}  // namespace wsd_batch_size
