// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "input/logged_run.hpp"

namespace wsd_batch_size {

/// What the lines of a run say about its batch size, in tokens per step.
struct logged_batch {
  double batch = 0;  ///< the median
  double smallest = 0;
  double largest = 0;

  bool is_constant(double tolerance) const {
    return smallest >= (1 - tolerance) * batch && largest <= (1 + tolerance) * batch;
  }
};

/// Compares neighbouring lines, of which there are at least two, with ascending steps.
logged_batch find_batch(const log_lines& lines);

}  // namespace wsd_batch_size
