// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace language_model {

/// A text as bytes. The last tenth is held out: never trained on, only predicted.
class corpus {
 public:
  corpus(std::string name, std::vector<std::uint8_t> bytes) : name_(std::move(name)), bytes_(std::move(bytes)) {}

  const std::string& name() const { return name_; }
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::size_t first_held_out() const { return bytes_.size() - bytes_.size() / 10; }
  std::span<const std::uint8_t> training() const { return bytes().first(first_held_out()); }
  std::span<const std::uint8_t> held_out() const { return bytes().subspan(first_held_out()); }

  /// Throws `usage_error` if the text is too short to train and to judge models of this context.
  void require_length(std::int64_t context) const;

 private:
  std::string name_;
  std::vector<std::uint8_t> bytes_;
};

/// One file, as it is. Throws `usage_error` if it cannot be read.
corpus read_text(const std::filesystem::path& file);

/// The project's own headers, sources and documents under `root`, in an order that depends on their names alone and
/// mixes the folders, so that what is held out is like the rest.
corpus read_project(const std::filesystem::path& root);

}  // namespace language_model
