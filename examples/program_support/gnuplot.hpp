// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace program {

/// A gnuplot string: single quotes are doubled inside, nothing else is special.
std::string in_quotes(std::string_view text);

/// What every picture of the programs begins with: an SVG of so many pixels.
std::string picture_terminal(int width, int height);

/// Axes that leave the eye to the data.
std::string quiet_axes();

/// Draws the SVG picture `file` by a gnuplot script, which sets no output. The script is kept beside the picture, under
/// the extension .gnuplot. Returns nothing, or why there is no picture. Throws `std::system_error` if the script cannot
/// be written.
std::string draw(std::string_view script, const std::filesystem::path& file);

}  // namespace program
