// SPDX-License-Identifier: Apache-2.0
#include "input/read_input.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <istream>
#include <streambuf>
#include <string>
#include <thread>
#include <vector>

#include "input_texts.hpp"

namespace wsd_batch_size {
namespace {

namespace fs = std::filesystem;

/// A folder that is gone when its scope ends.
class temporary_folder {
 public:
  temporary_folder() { fs::create_directories(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { fs::remove_all(path_); }

  fs::path file(const std::string& name) const { return path_ / name; }
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }

 private:
  fs::path path_ = fs::temp_directory_path() / ("wsd_batch_size_test_" + std::to_string(::getpid()));
};

std::string refusal_of_files(const std::vector<fs::path>& files) {
  try {
    read_input(files);
  } catch (const program::usage_error& problem) {
    return problem.what();
  }
  return "";
}

/// Never ends, and counts what is read of it.
class endless_line : public std::streambuf {
 public:
  std::size_t bytes = 0;

 protected:
  int_type underflow() override {
    bytes += chunk_.size();
    chunk_.fill('x');
    setg(chunk_.data(), chunk_.data(), chunk_.data() + chunk_.size());
    return 'x';
  }

 private:
  std::array<char, 4096> chunk_{};
};

const std::string short_log = "step,tokens,loss\n1,2,3\n2,4,2\n";

TEST_CASE("files are read") {
  const temporary_folder folder;
  const std::vector<fs::path> files = {folder.write("b.csv", short_log), folder.write("a.csv", short_log)};
  const auto data = std::get<curve_data>(read_input(files));
  REQUIRE(data.runs.size() == 2);
  CHECK(data.runs[0].curve.run == "a");
  CHECK(data.runs[1].curve.run == "b");
}

TEST_CASE("pipes are read") {
  const temporary_folder folder;
  const std::vector<fs::path> files = {folder.file("pipe")};
  REQUIRE(::mkfifo(files[0].c_str(), 0600) == 0);
  std::thread writer([&] {
    std::ofstream out(files[0], std::ios::binary);
    for (const char c : short_log) out << c << std::flush;
  });
  const input_data data = read_input(files);
  writer.join();
  CHECK(std::get<curve_data>(data).runs.at(0).curve.run == "pipe");
}

TEST_CASE("files that cannot be read are named") {
  const temporary_folder folder;
  CHECK(refusal_of_files({}) == "no input is given, needed: CSV files");
  const fs::path missing = folder.file("missing\n.csv");
  CHECK(refusal_of_files({missing}) ==
        folder.file("missing").string() +
            "\\x0a.csv: cannot be opened (No such file or directory), needed: a file that can be read");
  CHECK(refusal_of_files({folder.file("")}) == folder.file("").string() + ": is a folder, needed: a file");
  const fs::path empty = folder.write("empty.csv", "");
  CHECK(refusal_of_files({empty}).starts_with(empty.string() + ":1:1: the file is empty"));
  const fs::path closed = folder.write("closed.csv", short_log);
  fs::permissions(closed, fs::perms::none);
  if (::geteuid() != 0)
    CHECK(refusal_of_files({closed}).find("cannot be opened (Permission denied)") != std::string::npos);
  // Opens, but its first bytes belong to no process.
  const fs::path memory = "/proc/self/mem";
  if (fs::exists(memory)) CHECK(refusal_of_files({memory}) == "/proc/self/mem: cannot be read, needed: a CSV file");
}

TEST_CASE("a line without an end is refused before it is read") {
  endless_line line;
  std::istream in(&line);
  input_reader reader({});
  CHECK_THROWS_WITH_AS(reader.add(in, "log.csv"), doctest::Contains("log.csv:1:1: the line is longer than 64 KiB"),
                       program::usage_error);
  CHECK(line.bytes < 4 * line_reader::longest_line);
}

TEST_CASE("long logs take a blink") {
  std::string text = "run,step,tokens,loss,learning_rate,phase\n";
  for (int run = 1; run <= 10; ++run)
    for (int step = 1; step <= 20000; ++step)
      text += "run-" + std::to_string(run) + ',' + std::to_string(step) + ',' + std::to_string(65536LL * run * step) +
              ',' + std::to_string(2 + 10.0 / step) + ",0.0003,stable\n";
  const auto start = std::chrono::steady_clock::now();
  const curve_data data = read_curves(text);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  REQUIRE(data.runs.size() == 10);
  CHECK(data.runs[9].curve.batch == 655360);
  CHECK(data.runs[9].curve.steps.size() == 20000);
  CHECK(data.runs[9].notes.empty());
  // Less than a tenth of it is usual; sanitizers and busy machines get the rest.
  CHECK(seconds.count() < 3);
}

}  // namespace
}  // namespace wsd_batch_size
