// SPDX-License-Identifier: Apache-2.0
#include "program_support/gnuplot.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "program_support/atomic_file.hpp"

namespace program {
namespace {

/// Runs gnuplot on a script; returns nothing or what went wrong.
std::string run_gnuplot(const std::filesystem::path& script) {
  std::string program = "gnuplot";
  std::string argument = script.string();
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int problem = posix_spawnp(&child, "gnuplot", nullptr, nullptr, arguments, environ);
  if (problem == ENOENT) return "gnuplot is not installed";
  if (problem != 0) return "gnuplot could not be started";
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : "gnuplot failed on " + script.string();
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string picture_terminal(int width, int height) {
  return "set terminal svg size " + std::to_string(width) + "," + std::to_string(height) +
         " dynamic noenhanced background rgb 'white' font 'Helvetica,13'\n";
}

std::string quiet_axes() {
  return "set border 3 lc rgb '#6a6a6a'\nset tics nomirror out\nset grid y lc rgb '#e4e4e4' lt 1\n";
}

std::string draw(std::string_view script, const std::filesystem::path& file) {
  const std::filesystem::path temporary = file.string() + ".tmp";
  const std::filesystem::path script_file = std::filesystem::path(file).replace_extension(".gnuplot");
  write_atomically(script_file, "set output " + in_quotes(temporary.string()) + "\n" + std::string(script));
  std::string problem = run_gnuplot(script_file);
  if (problem.empty()) move_atomically(temporary, file);
  return problem;
}

}  // namespace program
