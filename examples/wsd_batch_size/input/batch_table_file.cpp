// SPDX-License-Identifier: Apache-2.0
#include "input/batch_table_file.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <utility>
#include <vector>

#include "input/csv_reader.hpp"
#include "input/open_file.hpp"
#include "input/place.hpp"
#include "input/row_numbers.hpp"
#include "input/shown_text.hpp"

namespace wsd_batch_size {
namespace {

std::size_t column_of(const csv_reader& table, const std::string& name) {
  const auto& header = table.header();
  const auto found =
      std::find_if(header.begin(), header.end(), [&](const std::string& h) { return lower_case(trimmed(h)) == name; });
  if (found == header.end()) refuse(table.file(), "has no column " + name + " in its header");
  return static_cast<std::size_t>(found - header.begin());
}

}  // namespace

headwise::wsd::batch_table read_batch_table(const std::filesystem::path& file, const std::string& from,
                                            const std::string& to) {
  std::ifstream in = open_file(file);
  csv_reader table(in, file.string());
  const std::size_t first = column_of(table, from);
  const std::size_t second = column_of(table, to);
  std::vector<headwise::wsd::batch_table::row> rows;
  while (table.next()) {
    const double key = read_positive(table, first).value;
    if (!rows.empty() && !(rows.back().tokens < key))
      refuse(table.place_of(first), "does not ascend, needed: more than in the row before");
    rows.push_back({key, read_positive(table, second).value});
  }
  if (rows.empty()) refuse(table.file(), "has no rows below its header");
  return headwise::wsd::batch_table(std::move(rows));
}

}  // namespace wsd_batch_size
