// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "analysis/analysis.hpp"

namespace wsd_batch_size {

/// A gnuplot script with a panel for everything that can be shown of an analysis: the curves of runs with their
/// crossings; E against S with the rays of constant batches; all targets as one curve; B_min and B_opt against the loss
/// with bands; the schedule that the law asks for.
std::string picture_script(const analysis& found);

}  // namespace wsd_batch_size
