// SPDX-License-Identifier: Apache-2.0
#include "input/row_numbers.hpp"

#include <string>
#include <string_view>

#include "input/shown_text.hpp"

namespace wsd_batch_size {
namespace {

[[noreturn]] void refuse_field(const csv_reader& row, std::size_t column, std::string_view needed) {
  const std::string_view text = row.field(column);
  std::string problem = "the column " + shown(row.header()[column]) + " is ";
  problem += text.empty() ? "empty" : shown(text);
  if (read_number(text).kind == number_kind::out_of_range) problem += ", beyond the range of a double";
  refuse(row.place_of(column), problem + ", needed: " + std::string(needed));
}

}  // namespace

number_text read_positive(const csv_reader& row, std::size_t column) {
  const number_text number = read_number(row.field(column));
  if (number.kind != number_kind::finite || !(number.value > 0))
    refuse_field(row, column, "a positive number such as 1000, 2.5e6 or 64K");
  return number;
}

std::optional<double> read_loss(const csv_reader& row, std::size_t column) {
  const number_text number = read_number(row.field(column));
  if (number.kind == number_kind::unreadable || number.kind == number_kind::out_of_range)
    refuse_field(row, column, "a number, nothing or nan");
  if (number.kind != number_kind::finite) return std::nullopt;
  return number.value;
}

std::optional<double> read_learning_rate(const csv_reader& row, std::size_t column) {
  const number_text number = read_number(row.field(column));
  if (number.kind == number_kind::absent) return std::nullopt;
  if (number.kind != number_kind::finite || number.value < 0)
    refuse_field(row, column, "a learning rate such as 0.001 or 3e-4, or nothing");
  return number.value;
}

bool read_truth(const csv_reader& row, std::size_t column) {
  const std::string text = lower_case(row.field(column));
  if (text == "1" || text == "true") return true;
  if (text != "0" && text != "false") refuse_field(row, column, "1, 0, true or false");
  return false;
}

}  // namespace wsd_batch_size
