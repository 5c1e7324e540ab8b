// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

#include "input/place.hpp"

namespace wsd_batch_size {

/// The lines of a text, read in chunks: memory stays the same however long the text or one of its lines is.
class line_reader {
 public:
  static constexpr std::size_t longest_line = 65536;

  /// `file` is its name in messages.
  line_reader(std::istream& in, std::string file);

  /// Goes on to the next line, and tells whether there is one. Throws `usage_error` if it is too long or not text.
  bool next();

  /// Without what ends it. Holds until the next one.
  std::string_view line() const { return line_; }
  const std::string& file() const { return file_; }
  std::size_t number() const { return number_; }

  /// Where a byte of the line stands.
  place place_of(std::size_t offset) const;

 private:
  static constexpr std::size_t capacity = 2 * longest_line;

  std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }
  bool fill();
  void require_text() const;

  std::istream* in_;
  std::string file_;
  std::unique_ptr<char[]> buffer_;  // not cleared, which most files would never need
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string_view line_;
  std::size_t number_ = 0;
};

}  // namespace wsd_batch_size
