// SPDX-License-Identifier: Apache-2.0
#include "input/line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace wsd_batch_size {
namespace {

bool is_binary(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

line_reader::line_reader(std::istream& in, std::string file)
    : in_(&in), file_(std::move(file)), buffer_(new char[capacity]) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  fill();
  if (unread().starts_with(byte_order_mark)) begin_ += byte_order_mark.size();
}

/// Reads behind what is unread; false at the end of the text.
bool line_reader::fill() {
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  in_->read(buffer_.get() + end_, static_cast<std::streamsize>(capacity - end_));
  if (in_->bad()) refuse(file_, "cannot be read, needed: a CSV file");
  const auto count = static_cast<std::size_t>(in_->gcount());
  end_ += count;
  return count > 0;
}

bool line_reader::next() {
  std::size_t length = unread().find('\n');
  while (length == std::string_view::npos && unread().size() <= longest_line + 1 && fill())
    length = unread().find('\n');
  if (unread().empty()) return false;
  ++number_;
  const bool ends = length != std::string_view::npos;
  line_ = unread().substr(0, length);
  begin_ += line_.size() + (ends ? 1 : 0);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  require_text();
  if (line_.size() > longest_line)
    refuse(place_of(0), "the line is longer than 64 KiB, needed: a CSV file with a line for each step or run");
  return true;
}

void line_reader::require_text() const {
  const auto* const found = std::find_if(line_.begin(), line_.end(), is_binary);
  if (found == line_.end()) return;
  refuse(place_of(static_cast<std::size_t>(found - line_.begin())),
         "the byte " + shown({found, 1}) + " is not text, needed: a CSV file in UTF-8");
}

place line_reader::place_of(std::size_t offset) const {
  return {file_, number_, count_characters(line_.substr(0, offset)) + 1};
}

}  // namespace wsd_batch_size
