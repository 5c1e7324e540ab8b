// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "analysis/analysis.hpp"

namespace wsd_batch_size {

/// An analysis for programs. What is not identified is null.
std::string json_of(const analysis& found);

}  // namespace wsd_batch_size
