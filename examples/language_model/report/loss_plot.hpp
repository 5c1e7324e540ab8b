// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "report/results.hpp"

namespace language_model {

/// Draws the learning curves with gnuplot into `file`, an SVG, and leaves its script beside it. Returns nothing, or, if
/// the plot could not be drawn, why.
std::string draw_loss_plot(const comparison& found, const std::filesystem::path& file);

}  // namespace language_model
