// SPDX-License-Identifier: Apache-2.0
#include "text/corpus.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <tuple>

#include "hash.hpp"
#include "program_support/usage_error.hpp"

namespace language_model {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file)) throw program::usage_error("cannot read the text " + file.string());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool is_text_of_project(const fs::path& file) {
  constexpr std::array<std::string_view, 6> endings = {".hpp", ".cuh", ".h", ".cpp", ".cu", ".md"};
  return std::find(endings.begin(), endings.end(), file.extension().string()) != endings.end();
}

}  // namespace

void corpus::require_length(std::int64_t context) const {
  if (bytes_.empty()) throw program::usage_error("the text " + name_ + " is empty");
  // One window to train on, and one prediction to judge.
  const auto window = static_cast<std::size_t>(context) + 1;
  if (training().size() < window || held_out().size() < 2)
    throw program::usage_error("the text " + name_ + " is too short: --context " + std::to_string(context) +
                               " needs at least " + std::to_string(std::max<std::size_t>(20, (window * 10 + 8) / 9)) +
                               " bytes, it has " + std::to_string(bytes_.size()));
}

corpus read_text(const fs::path& file) { return {file.string(), bytes_of(file)}; }

corpus read_project(const fs::path& root) {
  struct entry {
    std::uint64_t place;
    std::string name;
    bool operator<(const entry& other) const { return std::tie(place, name) < std::tie(other.place, other.name); }
  };
  std::vector<entry> files;
  const auto consider = [&](const fs::path& file) {
    if (!fs::is_regular_file(file) || !is_text_of_project(file)) return;
    const std::string name = file.lexically_relative(root).generic_string();
    files.push_back({hash_of(name), name});
  };
  consider(root / "README.md");
  for (const char* folder : {"include", "examples", "tests", "bench"}) {
    std::error_code absent;
    for (const auto& file : fs::recursive_directory_iterator(root / folder, absent)) consider(file.path());
  }
  std::sort(files.begin(), files.end());

  std::vector<std::uint8_t> all;
  for (const entry& file : files) {
    const std::vector<std::uint8_t> bytes = bytes_of(root / file.name);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return {"of the project in " + root.string(), std::move(all)};
}

}  // namespace language_model
