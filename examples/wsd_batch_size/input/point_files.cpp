// SPDX-License-Identifier: Apache-2.0
#include "input/point_files.hpp"

#include "headwise/wsd_batch_size/parameter_check.hpp"
#include "input/row_numbers.hpp"
#include "input/shown_text.hpp"

namespace wsd_batch_size {

void point_files::begin(const csv_reader& table, const columns& found) {
  if (first_file_.empty()) {
    first_file_ = table.file();
    data_.unit = found.unit;
  }
  if (found.unit != data_.unit)
    refuse(table.place_of(found.tokens), "the unit is " + found.unit + ", needed: " + data_.unit + " as in " +
                                             printable(first_file_) + ", files of one unit");
}

void point_files::add_row(const csv_reader& row, const columns& found) {
  headwise::wsd::measurement point;
  point.batch = read_positive(row, found.batch).value;
  const double tokens = read_positive(row, found.tokens).value;
  point.steps = tokens / point.batch;
  if (found.reached) point.reached = read_truth(row, *found.reached);
  // A batch in tokens beside a cost in samples would go unnoticed otherwise.
  if (!(point.steps >= 1) || !headwise::wsd::detail::is_positive(point.steps))
    refuse(row.place_of(found.tokens), shown(row.field(found.tokens)) + " " + found.unit + " make " +
                                           (point.steps < 1 ? "less than one step" : "too many steps") + " of batch " +
                                           shown(row.field(found.batch)) + ", needed: both in " + found.unit);
  data_.points.push_back(point);
  std::optional<double>& rate = data_.learning_rates.emplace_back();
  if (found.learning_rate && read_learning_rate(row, *found.learning_rate))
    rate = read_positive(row, *found.learning_rate).value;
}

}  // namespace wsd_batch_size
