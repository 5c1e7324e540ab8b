// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace program {

/// Says how far the work is: on a terminal in one line that is written over and over, elsewhere in a new line now and
/// then.
class progress_line {
  using clock = std::chrono::steady_clock;

 public:
  /// Shown if the last one is old enough.
  void show(const std::string& text) {
    const auto now = clock::now();
    if (now - shown_at_ < (on_terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10))) return;
    shown_at_ = now;
    std::fprintf(stderr, on_terminal_ ? "\r\x1b[K%s" : "%s\n", text.c_str());
    std::fflush(stderr);
  }

  /// A line that stays, in place of the one that was rewritten.
  void keep(const std::string& text) {
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
    shown_at_ = clock::now();
  }

  /// Leaves the terminal as if nothing had been shown.
  void clear() const {
    if (on_terminal_) std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
  }

 private:
  bool on_terminal_ = isatty(STDERR_FILENO) == 1;
  clock::time_point shown_at_ = clock::now();
};

}  // namespace program
