// SPDX-License-Identifier: Apache-2.0
#include "input/csv_reader.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

namespace wsd_batch_size {
namespace {

using rows = std::vector<std::vector<std::string>>;

/// The header and all rows.
rows table_of(const std::string& text) {
  std::istringstream in(text);
  csv_reader table(in, "table.csv");
  rows all = {table.header()};
  while (table.next()) {
    std::vector<std::string>& row = all.emplace_back();
    for (std::size_t i = 0; i < table.header().size(); ++i) row.emplace_back(table.field(i));
  }
  return all;
}

TEST_CASE("fields stand between commas, semicolons or tabs") {
  const rows expected = {{"a", "b", "c"}, {"1", "", "3"}};
  CHECK(table_of("a,b,c\n1,,3\n") == expected);
  CHECK(table_of("a;b;c\n1;;3\n") == expected);
  CHECK(table_of("a\tb\tc\n1\t\t3\n") == expected);
  CHECK(table_of("a;b,x;c\n1;;3\n")[0] == std::vector<std::string>{"a", "b,x", "c"});
  CHECK(table_of("\"a;;;\",b\n1,2\n")[0] == std::vector<std::string>{"a;;;", "b"});
}

TEST_CASE("the last line needs no end, and ends may be those of Windows") {
  const rows expected = {{"a", "b"}, {"1", "2"}};
  CHECK(table_of("a,b\n1,2") == expected);
  CHECK(table_of("a,b\r\n1,2\r\n") == expected);
  CHECK(table_of("a,b\r\n1,2\r") == expected);
}

TEST_CASE("a byte order mark, blank lines, comments and blanks around fields are skipped") {
  CHECK(table_of("\xef\xbb\xbf"
                 "# a comment, \"with a quote\n\n \t\na , b\n  \n#1,2,3\n 1,2 \n") == rows{{"a", "b"}, {"1", "2"}});
  CHECK(table_of("a,b\n,\n") == rows{{"a", "b"}, {"", ""}});
}

TEST_CASE("fields in quotes may hold separators and quotes") {
  CHECK(table_of("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n") == rows{{"a", "b"}, {"x,y", "say \"hi\""}});
  CHECK(table_of("a,b\n \"x\" ,\"\"\n") == rows{{"a", "b"}, {"x", ""}});
  CHECK(table_of("a,b\n5\" disk,1\n") == rows{{"a", "b"}, {"5\" disk", "1"}});
}

TEST_CASE("lines of every length around the sizes of chunks come out whole") {
  std::string text = "a,b\n";
  rows expected = {{"a", "b"}};
  for (std::size_t length = 1; length < line_reader::longest_line; length = length * 5 / 3 + 1) {
    expected.push_back({std::string(length, 'x'), std::to_string(length)});
    text += expected.back()[0] + "," + expected.back()[1] + "\n";
  }
  std::string repeated = "a,b\n";
  rows repeated_rows = {{"a", "b"}};
  for (int i = 0; i < 5; ++i) {
    repeated += text.substr(4);
    repeated_rows.insert(repeated_rows.end(), expected.begin() + 1, expected.end());
  }
  CHECK(table_of(repeated) == repeated_rows);
  const std::string longest(line_reader::longest_line - 2, 'x');
  CHECK(table_of("a,b\n" + longest + ",1\r\n" + longest + ",2\n").size() == 3);
}

TEST_CASE("places count characters, not bytes") {
  std::istringstream in("a,b\n\n\"größe,\"\"x\", 1\n");
  csv_reader table(in, "table.csv");
  REQUIRE(table.next());
  const place at = table.place_of(1);
  CHECK(at.line == 3);
  CHECK(at.column == 14);
}

}  // namespace
}  // namespace wsd_batch_size
