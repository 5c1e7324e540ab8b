// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/batch_table.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"
#include "headwise/wsd_batch_size/simulation.hpp"

namespace headwise::wsd {

/// From where to where a batch follows the loss.
struct follow_settings {
  double first_batch = 0;  ///< of the first step, in tokens; no batch is smaller
  double total_tokens = 0;
  int rows = 1000;  ///< of the table, in equal ratios of tokens
};

/// The batch by tokens of a run whose batch is `best_batch(L)` of the loss L that the run has reached itself, and never
/// falls. A row of the table sets the batch until the next, which makes it lag by the part of a row. Throws
/// `headwise::error` unless batches are positive and the first one is smaller than the total.
template <training_process Process, typename BestBatch>
batch_table follow_loss(Process process, const BestBatch& best_batch, const follow_settings& settings) {
  detail::require_positive(settings.first_batch, "first_batch");
  detail::require_below(settings.first_batch, "first_batch", settings.total_tokens, "total_tokens");
  headwise::detail::require(settings.rows > 0, "rows", settings.rows, "a positive number");
  std::vector<batch_table::row> rows;
  double batch = settings.first_batch;
  double tokens = settings.first_batch;
  process.advance(1, batch);
  for (int i = 1; i <= settings.rows; ++i) {
    const double wanted = best_batch(process.loss());
    detail::require_positive(wanted, "best_batch");
    batch = std::max(batch, wanted);
    rows.push_back({tokens, batch});
    const double part = static_cast<double>(i) / static_cast<double>(settings.rows);
    const double next = settings.first_batch * std::pow(settings.total_tokens / settings.first_batch, part);
    process.advance((next - tokens) / batch, batch);
    tokens = next;
  }
  return batch_table(rows);
}

}  // namespace headwise::wsd
