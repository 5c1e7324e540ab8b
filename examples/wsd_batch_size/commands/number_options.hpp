// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headwise/core/error.hpp"
#include "input/number_text.hpp"

namespace wsd_batch_size {

/// A positive number as files spell them, with K, M, B, T or Ki, Mi, Gi, Ti. Throws what option parsers report.
inline double positive_number(std::string_view text, const std::string& option) {
  const number_text number = read_number(text);
  if (number.kind != number_kind::finite || !(number.value > 0))
    throw CLI::ValidationError(option,
                               "needs a positive number, such as 250B, 4Mi or 1.5e9; given: " + std::string(text));
  return number.value;
}

/// The same, and whole.
inline std::int64_t whole_number(std::string_view text, const std::string& option) {
  constexpr double most = 9e18;
  constexpr double rounding = 1e-12;  // of 64.68B, whose fraction no double holds
  const double number = positive_number(text, option);
  const double whole = std::round(number);
  if (number > most || std::fabs(number - whole) > rounding * number)
    throw CLI::ValidationError(option,
                               "needs a whole number below 9e18, such as 250B or 4Mi; given: " + std::string(text));
  return static_cast<std::int64_t>(whole);
}

/// Accepts finite numbers between two, and no NaN.
inline CLI::Validator between(double low, double high) {
  const std::string range = headwise::detail::to_text(low) + " to " + headwise::detail::to_text(high);
  return {[=](const std::string& text) {
            const number_text number = read_number(text);
            const bool inside = number.kind == number_kind::finite && low <= number.value && number.value <= high;
            return inside ? std::string() : "needs a number from " + range + "; given: " + text;
          },
          range};
}

/// An option for a positive number.
inline CLI::Option* add_number(CLI::App& app, const std::string& name, double& value, const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&value, name](const std::string& text) { value = positive_number(text, name); }, help);
}
inline CLI::Option* add_number(CLI::App& app, const std::string& name, std::int64_t& value, const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&value, name](const std::string& text) { value = whole_number(text, name); }, help);
}
/// An option for several of them, by comma.
inline CLI::Option* add_numbers(CLI::App& app, const std::string& name, std::vector<std::int64_t>& values,
                                const std::string& help) {
  return app
      .add_option_function<std::vector<std::string>>(
          name,
          [&values, name](const std::vector<std::string>& texts) {
            values.clear();
            for (const std::string& text : texts) values.push_back(whole_number(text, name));
          },
          help)
      ->delimiter(',');
}

}  // namespace wsd_batch_size
