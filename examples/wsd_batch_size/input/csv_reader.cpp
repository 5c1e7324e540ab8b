// SPDX-License-Identifier: Apache-2.0
#include "input/csv_reader.hpp"

#include <algorithm>
#include <utility>

namespace wsd_batch_size {
namespace {

char separator_of(std::string_view header) {
  const auto count_outside_quotes = [&](char wanted) {
    std::size_t count = 0;
    bool quoted = false;
    for (const char c : header) {
      if (c == '"') quoted = !quoted;
      if (c == wanted && !quoted) ++count;
    }
    return count;
  };
  char best = ',';
  for (const char c : {';', '\t'})
    if (count_outside_quotes(c) > count_outside_quotes(best)) best = c;
  return best;
}

}  // namespace

csv_reader::csv_reader(std::istream& in, std::string file) : lines_(in, std::move(file)) {
  if (!next_line_of_content())
    refuse(place{lines_.file(), std::max<std::size_t>(1, lines_.number())},
           "the file is empty, needed: a header and a line for each step or run");
  unquoted_.reserve(line_reader::longest_line);
  separator_ = separator_of(lines_.line());
  split();
  for (const located_text& field : fields_) header_.emplace_back(field.text);
}

bool csv_reader::next() {
  if (!next_line_of_content()) return false;
  split();
  if (fields_.size() == header_.size()) return true;
  const std::size_t offset = fields_.size() > header_.size() ? fields_[header_.size()].offset : lines_.line().size();
  refuse(lines_.place_of(offset), "the line has " + counted(fields_.size(), "field") +
                                      ", needed: " + std::to_string(header_.size()) + ", as many as the header");
}

bool csv_reader::next_line_of_content() {
  while (lines_.next())
    if (!lines_.line().starts_with('#') && !trimmed(lines_.line()).empty()) return true;
  return false;
}

void csv_reader::split() {
  const std::string_view line = lines_.line();
  fields_.clear();
  unquoted_.clear();
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(line.find(separator_, begin), line.size());
    const std::string_view field = trimmed(line.substr(begin, end - begin));
    const std::size_t offset = field.empty() ? begin : static_cast<std::size_t>(field.data() - line.data());
    if (field.starts_with('"')) {
      begin = read_quoted(offset);
    } else {
      fields_.push_back({field, offset});
      begin = end;
    }
    if (begin == line.size()) return;
    ++begin;
  }
}

/// Reads the field whose opening quote stands at `begin`; returns where the separator or the end of the line is.
std::size_t csv_reader::read_quoted(std::size_t begin) {
  const std::string_view line = lines_.line();
  const std::size_t first = unquoted_.size();
  std::size_t i = begin + 1;
  for (; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (i + 1 == line.size() || line[i + 1] != '"') break;
      ++i;
    }
    unquoted_ += line[i];
  }
  if (i == line.size()) refuse(lines_.place_of(begin), "the quote does not end, needed: another one in the same line");
  fields_.push_back({std::string_view(unquoted_).substr(first), begin});
  const std::size_t end = std::min(line.find(separator_, i), line.size());
  if (!trimmed(line.substr(i + 1, end - i - 1)).empty())
    refuse(lines_.place_of(i + 1), "text follows the end of a quote, needed: quotes doubled inside a field in quotes");
  return end;
}

}  // namespace wsd_batch_size
