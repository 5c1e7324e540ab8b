// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "headwise/wsd_batch_size/batch_schedule.hpp"

namespace headwise::wsd {

/// One column of a table about a schedule: a cell a stage.
struct table_column {
  std::string name;   ///< for programs
  std::string title;  ///< for readers
  std::vector<std::string> cells;
};

/// A table with a row a stage, which every format prints in full.
using schedule_table = std::vector<table_column>;

namespace detail {

inline std::string cell_of(std::int64_t value) { return std::to_string(value); }

/// Six digits, with a point in every locale.
inline std::string cell_of(double value) {
  constexpr int digits = 6;
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, digits);
  return {text.data(), written.ptr};
}

/// Adds a column with `value_of(i)` in row i.
template <typename ValueOfRow>
void add_column(schedule_table& table, std::size_t rows, std::string name, std::string title,
                const ValueOfRow& value_of) {
  table_column column{std::move(name), std::move(title), {}};
  for (std::size_t i = 0; i < rows; ++i) column.cells.push_back(cell_of(value_of(i)));
  table.push_back(std::move(column));
}

/// JSON has no infinite numbers.
inline std::string json_number(const std::string& cell) {
  double value = 0;
  const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return read.ec == std::errc() && std::isfinite(value) ? cell : "null";
}

}  // namespace detail

/// What a schedule says about its stages.
inline schedule_table table_of(const batch_schedule& schedule) {
  schedule_table table;
  const auto add = [&](const char* name, const char* title, const auto& value_of_stage) {
    detail::add_column(table, schedule.stages.size(), name, title,
                       [&](std::size_t i) { return value_of_stage(schedule.stages[i]); });
  };
  detail::add_column(table, schedule.stages.size(), "stage", "stage",
                     [](std::size_t i) { return static_cast<std::int64_t>(i); });
  add("batch_tokens", "batch, tokens", [](const batch_stage& s) { return s.batch; });
  add("steps", "steps", [](const batch_stage& s) { return s.steps; });
  add("first_step", "from step", [](const batch_stage& s) { return s.first_step; });
  add("end_step", "to step", [](const batch_stage& s) { return s.end_step(); });
  add("first_token", "from token", [](const batch_stage& s) { return s.first_token; });
  add("end_token", "to token", [](const batch_stage& s) { return s.end_token(); });
  return table;
}

/// A table for programs.
inline std::string csv_of(const schedule_table& table) {
  std::string text;
  for (const table_column& column : table) text += (text.empty() ? "" : ",") + column.name;
  text += '\n';
  for (std::size_t row = 0; !table.empty() && row < table.front().cells.size(); ++row) {
    for (std::size_t c = 0; c < table.size(); ++c) text += (c == 0 ? "" : ",") + table[c].cells[row];
    text += '\n';
  }
  return text;
}

/// The same for documents.
inline std::string markdown_of(const schedule_table& table) {
  std::string text = "|";
  for (const table_column& column : table) text += " " + column.title + " |";
  text += "\n|";
  for (std::size_t c = 0; c < table.size(); ++c) text += " --- |";
  text += '\n';
  for (std::size_t row = 0; !table.empty() && row < table.front().cells.size(); ++row) {
    text += "|";
    for (const table_column& column : table) text += " " + column.cells[row] + " |";
    text += '\n';
  }
  return text;
}

/// The same as a JSON array of objects; what is not finite is null.
inline std::string json_of(const schedule_table& table) {
  std::string text = "[";
  for (std::size_t row = 0; !table.empty() && row < table.front().cells.size(); ++row) {
    text += row == 0 ? "{" : ", {";
    for (std::size_t c = 0; c < table.size(); ++c)
      text += (c == 0 ? "\"" : ", \"") + table[c].name + "\": " + detail::json_number(table[c].cells[row]);
    text += "}";
  }
  return text + "]";
}

/// The table of a schedule, for programs.
inline std::string csv_of(const batch_schedule& schedule) { return csv_of(table_of(schedule)); }
/// The same for documents.
inline std::string markdown_of(const batch_schedule& schedule) { return markdown_of(table_of(schedule)); }
/// The same as a JSON array of objects.
inline std::string json_of(const batch_schedule& schedule) { return json_of(table_of(schedule)); }

}  // namespace headwise::wsd
