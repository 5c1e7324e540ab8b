// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"

namespace headwise::wsd {

/// B_opt, or any other batch size, by tokens: a table, read by straight lines in logarithms of both and constant beyond
/// its ends.
class batch_table {
 public:
  /// One line of the table.
  struct row {
    double tokens = 0;  ///< of the run so far
    double batch = 0;   ///< in tokens per step
  };

  /// Throws `headwise::error` unless rows ascend in tokens and all numbers are positive.
  explicit batch_table(std::vector<row> rows) : rows_(std::move(rows)) {
    headwise::detail::require(!rows_.empty(), "rows", "empty", "at least one");
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      detail::require_positive(rows_[i].tokens, "tokens");
      detail::require_positive(rows_[i].batch, "batch");
      if (i > 0) detail::require_below(rows_[i - 1].tokens, "tokens", rows_[i].tokens, "those of the next row");
    }
  }

  double operator()(double tokens) const {
    const auto above =
        std::upper_bound(rows_.begin(), rows_.end(), tokens, [](double t, const row& r) { return t < r.tokens; });
    if (above == rows_.begin()) return rows_.front().batch;
    if (above == rows_.end()) return rows_.back().batch;
    const row& before = *(above - 1);
    const double part = std::log(tokens / before.tokens) / std::log(above->tokens / before.tokens);
    return before.batch * std::pow(above->batch / before.batch, part);
  }

 private:
  std::vector<row> rows_;
};

}  // namespace headwise::wsd
