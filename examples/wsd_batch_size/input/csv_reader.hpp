// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "input/line_reader.hpp"
#include "input/place.hpp"

namespace wsd_batch_size {

/// A table with a header, its fields apart by comma, semicolon or tab, whichever the header has most of. Fields may
/// stand in quotes, in which quotes are doubled; they end in the line in which they begin. Blank lines and lines that
/// begin with # are skipped.
class csv_reader {
 public:
  /// Reads the header. Throws `usage_error` if there is none, as all functions do about what is wrong in the file.
  csv_reader(std::istream& in, std::string file);

  const std::vector<std::string>& header() const { return header_; }

  /// Goes on to the next row, and tells whether there is one. It has as many fields as the header.
  bool next();

  /// Holds until the next row.
  std::string_view field(std::size_t column) const { return fields_[column].text; }
  place place_of(std::size_t column) const { return lines_.place_of(fields_[column].offset); }
  const std::string& file() const { return lines_.file(); }

 private:
  struct located_text {
    std::string_view text;
    std::size_t offset;
  };

  bool next_line_of_content();
  void split();
  std::size_t read_quoted(std::size_t begin);

  line_reader lines_;
  char separator_ = ',';
  std::vector<std::string> header_;
  std::vector<located_text> fields_;
  std::string unquoted_;  // never grows beyond the longest line, so that fields may point to it
};

}  // namespace wsd_batch_size
