// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace headwise::emulator {

/// Where an instruction stands in the source of a kernel. It is taken from the caller as a default argument;
/// std::source_location would do the same if clang 14 had it.
struct call_site {
  const char* file = "";
  unsigned line = 0;

  static constexpr call_site here(const char* file = __builtin_FILE(),
                                  unsigned line = static_cast<unsigned>(__builtin_LINE())) {
    return {file, line};
  }

  std::string text() const { return std::string(file) + ":" + std::to_string(line); }

  /// The name of a file may stand in the program more than once.
  friend bool operator==(const call_site& a, const call_site& b) {
    return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
  }
};

/// A short number for a place, the same for the same place.
std::uint16_t number_of(const call_site& where);
const call_site& numbered_site(std::uint16_t number);

}  // namespace headwise::emulator
