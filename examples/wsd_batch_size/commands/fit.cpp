// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <filesystem>
#include <memory>

#include "commands/analysed_files.hpp"
#include "commands/command.hpp"
#include "program_support/atomic_file.hpp"
#include "report/json.hpp"
#include "report/table.hpp"

namespace wsd_batch_size {
namespace {

struct fit_options {
  analysed_files input;
  std::filesystem::path json;
};

exit_status fit(const fit_options& chosen) {
  const analysis found = chosen.input.analyse();
  // The table first: a file that cannot be written shall not take it away.
  std::fputs(table_of(found).c_str(), stdout);
  std::fflush(stdout);
  if (!chosen.json.empty()) program::write_atomically(chosen.json, json_of(found));
  // The hyperbola has no best batch size; who asks for it alone has got what there is.
  const bool answered = found.identified() || chosen.input.settings.model == "m0";
  return answered ? exit_status::success : exit_status::not_identified;
}

}  // namespace

void add_fit(CLI::App& program, command& chosen) {
  const auto options = std::make_shared<fit_options>();
  CLI::App* app = program.add_subcommand("fit", "Tells B_min, B_opt and what is sure of them, from CSV files");
  options->input.add_to(*app);
  app->add_option("--json", options->json, "a file for the result as JSON");
  app->callback([options, &chosen] { chosen = [options] { return fit(*options); }; });
}

}  // namespace wsd_batch_size
