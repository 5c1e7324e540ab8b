// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "input/logged_run.hpp"

namespace wsd_batch_size {

/// What the lines of a run say about its batch size, in tokens per step.
struct logged_batch {
  double batch = 0;     ///< the median
  double smallest = 0;  ///< between two lines
  double largest = 0;   ///< between two lines
  bool is_constant = true;
};

/// Compares neighbouring lines, of which there are at least two, with ascending steps. Tokens that were logged as 1.05B
/// are compared over as many lines as it takes for their last digits to matter less than the tolerance, a part of the
/// batch by which it may differ.
logged_batch find_batch(const log_lines& lines, double tolerance);

}  // namespace wsd_batch_size
