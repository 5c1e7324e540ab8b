// SPDX-License-Identifier: Apache-2.0
#include "input/number_text.hpp"

#include <doctest/doctest.h>

#include <string>

namespace wsd_batch_size {
namespace {

double value_of(std::string_view text) {
  const number_text number = read_number(text);
  CAPTURE(std::string(text));
  CHECK(number.kind == number_kind::finite);
  return number.value;
}

TEST_CASE("numbers are plain or have exponents") {
  CHECK(value_of("0") == 0);
  CHECK(value_of("1000") == 1000);
  CHECK(value_of("+2.5") == 2.5);
  CHECK(value_of("-2.5e-3") == -2.5e-3);
  CHECK(value_of(".5E+2") == 50);
  CHECK(value_of(" 7 ") == 7);
}

TEST_CASE("suffixes are powers of 1000 or of 1024") {
  CHECK(value_of("64K") == 64e3);
  CHECK(value_of("64k") == 64e3);
  CHECK(value_of("2.5M") == 2.5e6);
  CHECK(value_of("3m") == 3e6);
  CHECK(value_of("1.5B") == 1.5e9);
  CHECK(value_of("1.5b") == 1.5e9);
  CHECK(value_of("1.5G") == 1.5e9);
  CHECK(value_of("2t") == 2e12);
  CHECK(value_of("1e3 K") == 1e6);
  CHECK(value_of("512Ki") == 512 * 1024);
  CHECK(value_of("4Mi") == 4 * 1024 * 1024);
  CHECK(value_of("1gi") == 1024.0 * 1024 * 1024);
  CHECK(value_of("1Ti") == 1024.0 * 1024 * 1024 * 1024);
}

TEST_CASE("numbers tell how far they were rounded") {
  CHECK(read_number("1050000000").unit == 0);
  CHECK(read_number("1.05B").unit == doctest::Approx(1e7));
  CHECK(read_number("2B").unit == 1e9);
  CHECK(read_number("1.5Ki").unit == doctest::Approx(102.4));
  CHECK(read_number("1.0486e+06").unit == doctest::Approx(100));
  CHECK(read_number("1E-2").unit == doctest::Approx(0.01));
  CHECK(read_number("8.0").unit == doctest::Approx(0.1));
}

TEST_CASE("fields may say that there is no number") {
  for (const char* text : {"", "  ", "nan", "NaN", "-nan", "None", "null", "NA"}) {
    CAPTURE(text);
    CHECK(read_number(text).kind == number_kind::absent);
  }
  for (const char* text : {"inf", "-Inf", "Infinity", "+inf"}) {
    CAPTURE(text);
    CHECK(read_number(text).kind == number_kind::infinite);
  }
}

TEST_CASE("a double holds no larger number") {
  CHECK(value_of("1.7e308") == 1.7e308);
  for (const char* text : {"1e400", "-1e400", "1e308K", "1e99999999999"}) {
    CAPTURE(text);
    CHECK(read_number(text).kind == number_kind::out_of_range);
  }
}

TEST_CASE("other texts are no numbers") {
  for (const char* text : {"abc", "1,5", "1_000", "0x10", "1e", "1 2", "--1", "+-1", "+", ".", "1X", "1Bi", "1Kb", "5%",
                           "nanK", "infK", "1e5.5", "K", "1KK"}) {
    CAPTURE(text);
    CHECK(read_number(text).kind == number_kind::unreadable);
  }
}

}  // namespace
}  // namespace wsd_batch_size
