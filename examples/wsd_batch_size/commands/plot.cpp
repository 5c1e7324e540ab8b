// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <filesystem>
#include <memory>

#include "commands/analysed_files.hpp"
#include "commands/command.hpp"
#include "program_support/gnuplot.hpp"
#include "report/picture.hpp"

namespace wsd_batch_size {
namespace {

struct plot_options {
  analysed_files input;
  std::filesystem::path out = "wsd_batch_size.svg";
};

exit_status plot(const plot_options& chosen) {
  const std::string problem = program::draw(picture_script(chosen.input.analyse()), chosen.out);
  if (problem.empty()) {
    std::printf("The plot is in %s.\n", chosen.out.c_str());
    return exit_status::success;
  }
  std::fprintf(stderr, "wsd_batch_size: %s was left out: %s\n", chosen.out.c_str(), problem.c_str());
  return exit_status::failure;
}

}  // namespace

void add_plot(CLI::App& program, command& chosen) {
  const auto options = std::make_shared<plot_options>();
  CLI::App* app = program.add_subcommand("plot", "Draws what fit finds, as an SVG picture, by gnuplot");
  options->input.add_to(*app);
  app->add_option("--out", options->out, "the picture");
  app->callback([options, &chosen] { chosen = [options] { return plot(*options); }; });
}

}  // namespace wsd_batch_size
