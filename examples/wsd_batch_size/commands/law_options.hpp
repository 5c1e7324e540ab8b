// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "input/law_file.hpp"

namespace wsd_batch_size {

namespace wsd = headwise::wsd;

/// An option for the five numbers of an additive law.
CLI::Option* add_law(CLI::App& app, std::optional<wsd::additive_law>& law);

/// A law that the user gives in numbers or in a file of `fit`.
class law_options {
 public:
  /// Adds --law and --from, of which only one may be given.
  void add_to(CLI::App& app);

  bool given() const { return law_ || !file_.empty(); }
  /// Throws `program::usage_error` if neither was given, or if the file has none.
  fitted_law read() const;

 private:
  std::optional<wsd::additive_law> law_;
  std::filesystem::path file_;
};

}  // namespace wsd_batch_size
