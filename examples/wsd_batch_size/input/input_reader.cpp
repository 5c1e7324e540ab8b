// SPDX-License-Identifier: Apache-2.0
#include "input/input_reader.hpp"

#include <utility>

#include "input/csv_reader.hpp"
#include "input/shown_text.hpp"

namespace wsd_batch_size {
namespace {

std::string words_for(file_kind kind) { return kind == file_kind::curves ? "curves" : "points"; }

}  // namespace

void input_reader::add(std::istream& in, const std::string& file) {
  csv_reader table(in, file);
  const columns found = find_columns(table, settings_);
  if (!kind_) {
    kind_ = found.kind;
    first_file_ = file;
  }
  if (kind_ != found.kind)
    refuse(table.place_of(0), "the file has " + words_for(found.kind) + ", needed: " + words_for(*kind_) + " as in " +
                                  printable(first_file_) + ", files of one kind");
  notes_.insert(notes_.end(), found.notes.begin(), found.notes.end());
  if (found.kind == file_kind::curves)
    add_rows(table, found, curves_);
  else
    add_rows(table, found, points_);
}

template <typename Files>
void input_reader::add_rows(csv_reader& table, const columns& found, Files& files) {
  const place header = table.place_of(0);
  files.begin(table, found);
  const std::size_t rows_before = rows_;
  while (table.next()) {
    if (++rows_ > settings_.most_rows)
      refuse(table.place_of(0), "there are more rows than " + std::to_string(settings_.most_rows) +
                                    ", needed: fewer, such as every tenth step");
    files.add_row(table, found);
  }
  if (rows_ == rows_before)
    refuse(header, "nothing follows the header, needed: a line for each " +
                       std::string(found.kind == file_kind::curves ? "step" : "run"));
}

input_data input_reader::finish() && {
  if (kind_ == file_kind::points) {
    point_data data = std::move(points_).finish();
    data.notes = std::move(notes_);
    return data;
  }
  curve_data data = std::move(curves_).finish(settings_);
  data.notes.insert(data.notes.begin(), notes_.begin(), notes_.end());
  return data;
}

}  // namespace wsd_batch_size
