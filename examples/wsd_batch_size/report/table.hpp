// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "analysis/analysis.hpp"

namespace wsd_batch_size {

/// An analysis for people: a table for every target, the law, and what has to be known about the input.
std::string table_of(const analysis& found);

}  // namespace wsd_batch_size
