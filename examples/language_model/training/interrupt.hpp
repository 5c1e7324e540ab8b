// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace language_model {

/// Thrown where work stops because the user asked for it, after everything has been saved.
struct interrupted {};

inline volatile sig_atomic_t interrupt_signal_came = 0;

/// Makes Ctrl-C and the terminate signal a request to stop; a second one kills, which loses at most what was trained
/// since the last checkpoint.
inline void listen_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt_signal_came = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

inline bool interrupt_requested() { return interrupt_signal_came != 0; }

inline void stop_if_interrupted() {
  if (interrupt_requested()) throw interrupted{};
}

}  // namespace language_model
