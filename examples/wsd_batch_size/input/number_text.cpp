// SPDX-License-Identifier: Apache-2.0
#include "input/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "input/shown_text.hpp"

namespace wsd_batch_size {
namespace {

/// What a suffix multiplies by; 0 if it is none.
double factor_of(std::string_view suffix) {
  struct named_factor {
    std::string_view suffix;
    double factor;
  };
  constexpr double kilo = 1024;
  constexpr std::array<named_factor, 10> factors = {{{"", 1},
                                                     {"k", 1e3},
                                                     {"m", 1e6},
                                                     {"b", 1e9},
                                                     {"g", 1e9},
                                                     {"t", 1e12},
                                                     {"ki", kilo},
                                                     {"mi", kilo * kilo},
                                                     {"gi", kilo * kilo * kilo},
                                                     {"ti", kilo * kilo * kilo * kilo}}};
  if (suffix.size() > 2) return 0;
  const std::string lower = lower_case(suffix);
  const auto* const found =
      std::find_if(factors.begin(), factors.end(), [&](const named_factor& f) { return f.suffix == lower; });
  return found == factors.end() ? 0 : found->factor;
}

bool is_word_for_absent(std::string_view text) {
  constexpr std::array<std::string_view, 3> words = {"none", "null", "na"};
  return text.empty() || (text.size() <= 4 && std::find(words.begin(), words.end(), lower_case(text)) != words.end());
}

/// What a digit in the last place is worth: 1e7 of 1.05e9. Whole numbers count as exact.
double unit_of(std::string_view digits, double factor) {
  const std::size_t e = digits.find_first_of("eE");
  const std::string_view mantissa = digits.substr(0, e);
  const std::size_t point = mantissa.find('.');
  if (e == std::string_view::npos && point == std::string_view::npos && factor == 1) return 0;
  const std::size_t decimals = point == std::string_view::npos ? 0 : mantissa.size() - point - 1;
  int exponent = 0;
  if (e != std::string_view::npos) {
    const std::size_t first = digits[e + 1] == '+' ? e + 2 : e + 1;
    std::from_chars(digits.data() + first, digits.data() + digits.size(), exponent);
  }
  // Not pow, which takes longer than all else in a number.
  constexpr int largest = 400;
  double unit = factor;
  for (int i = std::clamp(exponent, -largest, largest); i > 0; --i) unit *= 10;
  for (int i = std::clamp(exponent, -largest, largest); i < 0; ++i) unit /= 10;
  for (std::size_t i = 0; i < decimals; ++i) unit /= 10;
  return unit;
}

}  // namespace

number_text read_number(std::string_view text) {
  text = trimmed(text);
  if (is_word_for_absent(text)) return {number_kind::absent};
  // from_chars knows no plus sign.
  const bool plus = text.front() == '+' && text.size() > 1 && text[1] != '-';
  const char* const first = text.data() + (plus ? 1 : 0);
  const char* const last = text.data() + text.size();
  double value = 0;
  const auto [end, problem] = std::from_chars(first, last, value);
  if (end == first) return {number_kind::unreadable};
  const double factor = factor_of(trimmed({end, static_cast<std::size_t>(last - end)}));
  if (factor == 0) return {number_kind::unreadable};
  if (problem == std::errc::result_out_of_range) return {number_kind::out_of_range};
  if (std::isnan(value)) return {end == last ? number_kind::absent : number_kind::unreadable};
  const bool has_digits = std::any_of(first, end, [](char c) { return c >= '0' && c <= '9'; });
  if (!has_digits) return {end == last ? number_kind::infinite : number_kind::unreadable};
  if (!std::isfinite(value * factor)) return {number_kind::out_of_range};
  return {number_kind::finite, value * factor, unit_of({first, static_cast<std::size_t>(end - first)}, factor)};
}

}  // namespace wsd_batch_size
