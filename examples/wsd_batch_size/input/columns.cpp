// SPDX-License-Identifier: Apache-2.0
#include "input/columns.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "input/shown_text.hpp"

namespace wsd_batch_size {
namespace {

using names = std::span<const std::string_view>;
using place_in_header = std::optional<std::size_t>;

/// What columns of one meaning are called.
constexpr std::array<std::string_view, 4> step_names = {"step", "steps", "iteration", "iterations"};
constexpr std::array<std::string_view, 3> token_names = {"tokens", "consumed_tokens", "total_tokens"};
constexpr std::array<std::string_view, 3> run_names = {"run", "run_id", "name"};
constexpr std::array<std::string_view, 2> rate_names = {"learning_rate", "lr"};
constexpr std::array<std::string_view, 1> phase_names = {"phase"};
constexpr std::array<std::string_view, 2> batch_names = {"batch_size", "batch"};
constexpr std::array<std::string_view, 2> cost_names = {"tokens", "samples"};
constexpr std::array<std::string_view, 1> reached_names = {"reached"};

/// Losses from the best to judge by to the worst.
constexpr std::array<std::string_view, 2> validation_names = {"val_loss", "validation_loss"};
constexpr std::array<std::string_view, 1> plain_loss_names = {"loss"};
constexpr std::array<std::string_view, 1> training_names = {"train_loss"};
constexpr std::array<names, 3> loss_names = {validation_names, plain_loss_names, training_names};

auto is_one_of(names wanted) {
  return [wanted](const std::string& name) { return std::find(wanted.begin(), wanted.end(), name) != wanted.end(); };
}

class header {
 public:
  explicit header(const csv_reader& table) : table_(&table) {
    for (const std::string& name : table.header()) lower_.push_back(lower_case(name));
  }

  bool has(names wanted) const { return std::any_of(lower_.begin(), lower_.end(), is_one_of(wanted)); }

  /// Throws if there are two.
  place_in_header find(names wanted) const {
    const auto first = std::find_if(lower_.begin(), lower_.end(), is_one_of(wanted));
    if (first == lower_.end()) return std::nullopt;
    const auto second = std::find_if(first + 1, lower_.end(), is_one_of(wanted));
    const auto i = static_cast<std::size_t>(first - lower_.begin());
    if (second != lower_.end()) {
      const auto j = static_cast<std::size_t>(second - lower_.begin());
      refuse(table_->place_of(j),
             "the columns " + shown_name(i) + " and " + shown_name(j) + " mean the same, needed: one of them");
    }
    return i;
  }

  std::string shown_name(std::size_t i) const { return shown(table_->header()[i]); }

  std::string list() const {
    constexpr std::size_t most = 12;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, lower_.size()); ++i) text += (i == 0 ? "" : ", ") + shown_name(i);
    return text + (lower_.size() > most ? " and " + std::to_string(lower_.size() - most) + " more" : "");
  }

 private:
  const csv_reader* table_;
  std::vector<std::string> lower_;
};

/// The first of the losses; a note tells if there are others.
place_in_header find_loss(const header& columns_there, const std::string& file, std::vector<std::string>& notes) {
  place_in_header found;
  for (const names& wanted : loss_names) {
    const place_in_header here = columns_there.find(wanted);
    if (found && here)
      notes.push_back(printable(file) + ": the column " + columns_there.shown_name(*found) + " is read, not " +
                      columns_there.shown_name(*here) + ".");
    if (!found) found = here;
  }
  return found;
}

}  // namespace

columns find_columns(const csv_reader& table, const read_settings& settings) {
  const header there(table);
  const std::string chosen_loss = lower_case(trimmed(settings.loss_column));
  const std::array<std::string_view, 1> chosen_names = {chosen_loss};
  columns found;
  const bool has_loss = chosen_loss.empty() ? std::any_of(loss_names.begin(), loss_names.end(),
                                                          [&](const names& wanted) { return there.has(wanted); })
                                            : there.has(chosen_names);
  if (there.has(step_names) && there.has(token_names) && has_loss) {
    found.kind = file_kind::curves;
    found.step = *there.find(step_names);
    found.tokens = *there.find(token_names);
    found.loss = chosen_loss.empty() ? *find_loss(there, table.file(), found.notes) : *there.find(chosen_names);
    found.run = there.find(run_names);
    found.phase = there.find(phase_names);
  } else if (there.has(batch_names) && there.has(cost_names) && !there.has(step_names)) {
    found.kind = file_kind::points;
    found.batch = *there.find(batch_names);
    found.tokens = *there.find(cost_names);
    found.unit = lower_case(table.header()[found.tokens]);
    found.reached = there.find(reached_names);
  } else {
    const std::string loss = chosen_loss.empty() ? "loss" : shown(settings.loss_column);
    refuse(table.place_of(0), "the columns are " + there.list() + ", needed: step, tokens and " + loss +
                                  " of curves, or batch_size and tokens or samples of points");
  }
  found.learning_rate = there.find(rate_names);
  return found;
}

}  // namespace wsd_batch_size
