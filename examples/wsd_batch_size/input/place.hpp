// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "input/shown_text.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {

/// A place in an input file; line and column count from one, in characters.
struct place {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 1;
};

/// Throws `usage_error` about a file as a whole.
[[noreturn]] inline void refuse(const std::string& file, const std::string& problem) {
  throw program::usage_error(printable(file) + ": " + problem);
}

/// Throws `usage_error` about a place: "FILE:LINE:COLUMN: PROBLEM".
[[noreturn]] inline void refuse(const place& at, const std::string& problem) {
  refuse(at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column), problem);
}

}  // namespace wsd_batch_size
