// SPDX-License-Identifier: Apache-2.0
#include "input/shown_text.hpp"

#include <doctest/doctest.h>

#include <string>

namespace wsd_batch_size {
namespace {

TEST_CASE("texts of users stay one line that does nothing to a terminal") {
  CHECK(printable("größe 批") == "größe 批");
  CHECK(printable("a\nb\tc\x1b[0m\x7f") == "a\\x0ab\\x09c\\x1b[0m\\x7f");
  CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");
  CHECK(printable("\xc2\x85") == "\\xc2\\x85");
}

TEST_CASE("bytes that are no UTF-8 are escaped") {
  for (const char* text : {"\x80", "\xc3", "\xc0", "\xff", "\xe4\xf6"}) {
    CAPTURE(printable(text));
    CHECK(printable(text).starts_with("\\x"));
  }
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");
}

TEST_CASE("long texts are shortened to forty characters") {
  CHECK(shown(std::string(40, 'x')) == '"' + std::string(40, 'x') + '"');
  CHECK(shown(std::string(41, 'x')) == '"' + std::string(37, 'x') + "...\"");
  CHECK(count_characters(shown(std::string(100, '\x01'))) <= 42);
  std::string umlauts;
  for (int i = 0; i < 50; ++i) umlauts += "ä";
  CHECK(count_characters(shown(umlauts)) == 42);
  CHECK(printable(shown(umlauts)) == shown(umlauts));
}

TEST_CASE("counts agree with their nouns") {
  CHECK(counted(0, "line") == "0 lines");
  CHECK(counted(1, "line") == "1 line");
  CHECK(counted(2, "line") == "2 lines");
}

}  // namespace
}  // namespace wsd_batch_size
