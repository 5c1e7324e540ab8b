// SPDX-License-Identifier: Apache-2.0
// Trains language models that differ in their attention alone, and shows them side by side.

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "experiment.hpp"
#include "generation.hpp"
#include "options.hpp"
#include "program_support/atomic_file.hpp"
#include "program_support/text_format.hpp"
#include "program_support/usage_error.hpp"
#include "report/files.hpp"
#include "report/loss_plot.hpp"
#include "report/table.hpp"
#include "text/corpus.hpp"
#include "training/interrupt.hpp"

namespace language_model {
namespace {

constexpr int status_of_wrong_input = 2;
constexpr int status_of_failure = 1;
constexpr int status_of_interrupt = 130;

void use_threads(int count) {
#if defined(_OPENMP)
  if (count > 0) omp_set_num_threads(count);
#else
  static_cast<void>(count);
#endif
}

/// Found out before hours of training, not after.
void require_writable(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (!std::filesystem::is_directory(folder) || access(folder.c_str(), W_OK) != 0)
    throw program::usage_error("cannot write into the folder " + folder.string());
}

void write_files(const comparison& found, const options& chosen) {
  program::write_atomically(chosen.out / "results.json", results_json(found));
  program::write_atomically(chosen.out / "loss.csv", loss_csv(found));
  if (!chosen.curve.empty()) program::write_atomically(chosen.curve, training_log_csv(found));
  const std::string problem = draw_loss_plot(found, chosen.out / "loss.svg");
  if (problem.empty()) {
    std::printf("\nResults, curves and a plot of them are in %s.\n", chosen.out.c_str());
  } else {
    std::printf("\nResults and curves are in %s; loss.svg was left out: %s.\n", chosen.out.c_str(), problem.c_str());
  }
}

void run(const options& chosen) {
  use_threads(chosen.threads);
  const corpus text = chosen.text.empty() ? read_project(LANGUAGE_MODEL_PROJECT_ROOT) : read_text(chosen.text);
  text.require_length(chosen.run.context);
  require_writable(chosen.out);
  if (!chosen.curve.empty()) require_writable(std::filesystem::absolute(chosen.curve).parent_path());
  listen_for_interrupts();

  std::printf("The text %s: %s bytes, the last %s held out.\n", text.name().c_str(),
              program::with_commas(double(text.bytes().size())).c_str(),
              program::with_commas(double(text.held_out().size())).c_str());
  std::fflush(stdout);
  experiment models(chosen, text);
  const comparison found = models.run();
  std::printf("\n%s\nDecoding is timed behind %s cached tokens.\n", table_of(found).c_str(),
              program::with_commas(double(found.cached_tokens)).c_str());
  write_files(found, chosen);
  const experiment::sample_type sample = models.sample(found);
  std::printf("\n%s continues the prompt:\n\n%s%s\n", sample.variant.c_str(), printable(chosen.prompt).c_str(),
              printable(sample.text).c_str());
}

int run_and_report(int argc, char** argv) {
  try {
    if (const std::optional<options> chosen = parse_options(argc, argv)) run(*chosen);
    return 0;
  } catch (const interrupted&) {
    std::fprintf(stderr, "language_model: stopped and saved, --resume goes on from here\n");
    return status_of_interrupt;
  } catch (const program::usage_error& e) {
    std::fprintf(stderr, "language_model: %s\n", e.what());
    return status_of_wrong_input;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "language_model: %s\n", e.what());
    return status_of_failure;
  }
}

}  // namespace
}  // namespace language_model

int main(int argc, char** argv) { return language_model::run_and_report(argc, argv); }
