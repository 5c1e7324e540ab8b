// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "headwise/wsd_batch_size.hpp"

namespace wsd_batch_size {

/// Losses to measure at, descending: from where all runs have left the first lines of their logs to the lowest that
/// enough batch sizes reach for a curve that turns, closer to each other towards the end, where runs spend their
/// tokens. Throws `program::usage_error` if there are none.
std::vector<double> choose_losses(std::span<const headwise::wsd::smoothed_curve> runs, std::size_t count);

}  // namespace wsd_batch_size
