// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace wsd_batch_size {

/// How the program ends.
enum class exit_status {
  success = 0,
  failure = 1,         ///< what should not happen: a full disk, a self-test that fails
  wrong_input = 2,     ///< options or files, in one line that names them
  not_identified = 3,  ///< the measurements do not hold the best batch size
};

/// What the command line asks for; set while it is parsed, called behind it.
using command = std::function<exit_status()>;

// Each adds one command with its options to the program.
void add_fit(CLI::App& program, command& chosen);
void add_plot(CLI::App& program, command& chosen);
void add_schedule(CLI::App& program, command& chosen);
void add_simulate(CLI::App& program, command& chosen);
void add_synth(CLI::App& program, command& chosen);
void add_check(CLI::App& program, command& chosen);

}  // namespace wsd_batch_size
