// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace program {

/// Writes a file under a temporary name, waits until it is on the disk, and renames it: whenever the program or the
/// machine stops, `file` is either what it was or the whole of `bytes`. Creates the folder. Throws `std::system_error`,
/// with `file` as it was, if something fails.
void write_atomically(const std::filesystem::path& file, std::string_view bytes);

/// The same, or to the standard output if no file is named.
void write_or_print(std::string_view bytes, const std::filesystem::path& file);

/// Renames a complete file to its place in the same way.
void move_atomically(const std::filesystem::path& temporary, const std::filesystem::path& file);

}  // namespace program
