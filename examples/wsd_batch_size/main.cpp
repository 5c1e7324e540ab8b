// SPDX-License-Identifier: Apache-2.0
// How large should a batch be? Answers from the loss curves of runs at several batch sizes.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "commands/command.hpp"
#include "headwise/core/error.hpp"
#include "program_support/text_format.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {
namespace {

constexpr const char* description =
    "The batch size of Warmup-Stable-Decay training. From runs of several batch sizes at one learning rate: which is "
    "the "
    "smallest that can reach a loss, which takes the fewest tokens, how sure that is, and how the batch should grow. "
    "Numbers may end in K, M, B, T (thousands) or Ki, Mi, Gi, Ti. Exit status: 0, 2 for wrong input, 3 if the best "
    "batch "
    "size is not identified.";

/// Returns the command, or one that has nothing to do behind --help.
command parse(int argc, char** argv) {
  command chosen;
  CLI::App app(description, "wsd_batch_size");
  app.option_defaults()->always_capture_default();
  app.require_subcommand(1);
  add_fit(app, chosen);
  add_plot(app, chosen);
  add_schedule(app, chosen);
  add_simulate(app, chosen);
  add_synth(app, chosen);
  add_check(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return [] { return exit_status::success; };
  } catch (const CLI::ParseError& e) {
    throw program::usage_error(program::one_line(e.what()));
  }
  return chosen;
}

exit_status run_and_report(int argc, char** argv) {
  try {
    return parse(argc, argv)();
  } catch (const program::usage_error& e) {
    std::fprintf(stderr, "wsd_batch_size: %s\n", e.what());
    return exit_status::wrong_input;
  } catch (const headwise::error& e) {
    std::fprintf(stderr, "wsd_batch_size: %s\n", e.what());
    return exit_status::wrong_input;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "wsd_batch_size: %s\n", e.what());
    return exit_status::failure;
  }
}

}  // namespace
}  // namespace wsd_batch_size

int main(int argc, char** argv) { return static_cast<int>(wsd_batch_size::run_and_report(argc, argv)); }
