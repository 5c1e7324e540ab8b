// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "input/logged_run.hpp"

namespace wsd_batch_size {

/// What was done to bring lines in order.
struct line_order {
  std::size_t restarts = 0;
  std::size_t superseded = 0;  ///< lines that a run logged before it went back behind them
  bool sorted = false;
};

/// Makes steps ascend; lines of one step stay in their order. Where they go back, a run was restarted, and what it had
/// logged from there on no longer counts. Lines in no order at all are sorted.
line_order put_in_order(log_lines& lines);

/// Keeps the last of all lines of one step, and tells how many went. The steps ascend.
std::size_t drop_repeated_steps(log_lines& lines);

}  // namespace wsd_batch_size
