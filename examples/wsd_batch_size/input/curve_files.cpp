// SPDX-License-Identifier: Apache-2.0
#include "input/curve_files.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include "input/row_numbers.hpp"
#include "input/shown_text.hpp"

namespace wsd_batch_size {
namespace {

phase phase_named(std::string_view text) {
  if (text.empty()) return phase::unknown;
  if (text == "stable") return phase::stable;
  const std::string lower = lower_case(text);
  return lower == "stable" || lower == "constant" ? phase::stable : phase::other;
}

bool comes_before(const curve_run& a, const curve_run& b) {
  return std::tie(a.curve.batch, a.curve.run) < std::tie(b.curve.batch, b.curve.run);
}

}  // namespace

void curve_files::begin(const csv_reader& table, const columns& found) {
  ++files_;
  last_ = runs_.size();
  if (found.run) return;
  runs_.push_back({name_of_file(table.file()), {}, files_, {}});
}

/// Without folders and extension, unless another file is called so.
std::string curve_files::name_of_file(const std::string& file) const {
  std::string name = std::filesystem::path(file).stem().string();
  const bool taken = std::any_of(runs_.begin(), runs_.end(), [&](const logged_run& run) { return run.name == name; });
  return taken ? file : name;
}

logged_run& curve_files::run_of(const csv_reader& row, const columns& found) {
  if (!found.run) return runs_[last_];
  const std::string_view name = row.field(*found.run);
  // Rows of a run mostly stand together.
  if (last_ < runs_.size() && runs_[last_].name == name) return runs_[last_];
  const auto [place, is_new] = named_.try_emplace(std::string(name), runs_.size());
  if (is_new) runs_.push_back({std::string(name), {}, files_, {}});
  last_ = place->second;
  return runs_[last_];
}

void curve_files::add_row(const csv_reader& row, const columns& found) {
  if (const number_text step = read_number(row.field(found.step));
      step.kind == number_kind::finite && step.value == 0) {
    if (lines_before_training_ == 0) first_before_training_ = row.place_of(found.step);
    ++lines_before_training_;
    return;
  }
  log_line line;
  line.step = read_positive(row, found.step).value;
  const number_text tokens = read_positive(row, found.tokens);
  line.tokens = tokens.value;
  line.tokens_unit = tokens.unit;
  line.loss = read_loss(row, found.loss).value_or(log_line::unknown);
  if (found.learning_rate)
    line.learning_rate = read_learning_rate(row, *found.learning_rate).value_or(log_line::unknown);
  if (found.phase) line.phase = phase_named(row.field(*found.phase));
  logged_run& run = run_of(row, found);
  if (run.lines.empty()) run.first_line = row.place_of(0);
  if (run.last_file != files_) {
    run.last_file = files_;
    notes_.push_back("run " + printable(run.name, 40) + " goes on in " + printable(row.file()) + ".");
  }
  run.lines.push_back(line);
}

curve_data curve_files::finish(const read_settings& settings) && {
  curve_data data;
  data.notes = std::move(notes_);
  if (lines_before_training_ > 0)
    data.notes.push_back(counted(lines_before_training_, "line") + " of step 0 left out: nothing is trained there.");
  std::erase_if(runs_, [](const logged_run& run) { return run.lines.empty(); });
  if (runs_.empty()) refuse(first_before_training_, "no line is behind step 0, needed: lines of training");
  const place first_line = runs_.front().first_line;
  std::string first_problem;
  for (logged_run& run : runs_) {
    auto cleaned = clean_run(std::exchange(run, {}), settings);
    if (auto* const of_use = std::get_if<curve_run>(&cleaned)) {
      data.runs.push_back(std::move(*of_use));
    } else {
      if (first_problem.empty()) first_problem = std::get<std::string>(cleaned);
      data.notes.push_back(std::get<std::string>(cleaned) + ".");
    }
  }
  if (data.runs.empty()) {
    const std::size_t others = runs_.size() - 1;
    refuse(first_line, first_problem + (others > 0 ? " (and " + counted(others, "other run") + ")" : "") +
                           ", needed: a run of one batch size and one learning rate with finite losses");
  }
  std::stable_sort(data.runs.begin(), data.runs.end(), comes_before);
  return data;
}

}  // namespace wsd_batch_size
