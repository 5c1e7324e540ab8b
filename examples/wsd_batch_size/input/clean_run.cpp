// SPDX-License-Identifier: Apache-2.0
#include "input/clean_run.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "headwise/wsd_batch_size/parameter_check.hpp"
#include "input/batch_size.hpp"
#include "input/line_order.hpp"
#include "input/shown_text.hpp"
#include "input/stable_phase.hpp"
#include "program_support/text_format.hpp"

namespace wsd_batch_size {
namespace {

/// Sentences about one run.
class run_notes {
 public:
  explicit run_notes(const std::string& name) : subject_("run " + printable(name, 40)) {}

  void add(const std::string& sentence) { all_.push_back(subject_ + ": " + sentence + "."); }
  std::string left_out(const std::string& reason) const { return subject_ + " is left out: " + reason; }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::string subject_;
  std::vector<std::string> all_;
};

std::string are_left_out(std::size_t count) { return count == 1 ? "is left out" : "are left out"; }

void order(log_lines& lines, run_notes& notes) {
  const line_order found = put_in_order(lines);
  if (found.sorted) notes.add("the lines are in no order, they were sorted by step");
  if (found.restarts > 0)
    notes.add("it was restarted " + counted(found.restarts, "time") + ", " + counted(found.superseded, "earlier line") +
              " from there on " + are_left_out(found.superseded));
}

void drop_missing_losses(log_lines& lines, run_notes& notes) {
  const std::size_t count = std::erase_if(lines, [](const log_line& line) { return std::isnan(line.loss); });
  if (count > 0) notes.add(counted(count, "line") + " without a finite loss " + are_left_out(count));
}

void drop_repetitions(log_lines& lines, run_notes& notes) {
  const std::size_t count = drop_repeated_steps(lines);
  if (count > 0)
    notes.add(counted(count, "line") + " of repeated steps " + are_left_out(count) + ", the last one stays");
}

void tell_of_phases(const stable_phase& found, const log_lines& lines, run_notes& notes) {
  if (found.other > 0)
    notes.add(counted(found.other, "line") + " outside the stable phase " + are_left_out(found.other));
  if (found.rates_differ) notes.add("its learning rate is not constant in the stable phase");
  if (found.before + found.behind > 0)
    notes.add(counted(found.before, "line") + " of warm-up and " + counted(found.behind, "line") +
              " of decay are left out: the learning rate is " + program::exact(*found.learning_rate) + " from step " +
              program::exact(lines.front().step) + " to step " + program::exact(lines.back().step));
}

/// The first step of a log may be called 0, so one batch more or less is no difference.
void compare_tokens(const log_line& first, double batch, double tolerance, run_notes& notes) {
  const double expected = batch * first.step;
  if (std::fabs(first.tokens - expected) <= std::max(tolerance * expected, batch + first.tokens_unit)) return;
  notes.add("step " + program::exact(first.step) + " stands at " + program::exact(first.tokens) +
            " tokens, not at batch times step, " + program::exact(expected) +
            ", as after steps of another batch; the tokens of a loss are taken as batch times step");
}

}  // namespace

std::variant<curve_run, std::string> clean_run(logged_run run, const read_settings& settings) {
  run_notes notes(run.name);
  log_lines& lines = run.lines;
  order(lines, notes);
  fill_learning_rates(lines);
  drop_missing_losses(lines, notes);
  drop_repetitions(lines, notes);
  if (lines.empty()) return notes.left_out("no line has a finite loss");
  const stable_phase stable = keep_stable_phase(lines, settings.rate_tolerance);
  if (lines.size() < 2) {
    const std::string where = stable.other + stable.before + stable.behind > 0 ? " in the stable phase" : "";
    return notes.left_out("it has only " + counted(lines.size(), "line") + where);
  }
  tell_of_phases(stable, lines, notes);
  const logged_batch found = find_batch(lines, settings.batch_tolerance);
  if (!headwise::wsd::detail::is_positive(found.batch)) return notes.left_out("its tokens do not grow with its steps");
  if (!found.is_constant)
    return notes.left_out("its batch varies from " + program::exact(found.smallest) + " to " +
                          program::exact(found.largest) + " tokens per step");
  compare_tokens(lines.front(), found.batch, settings.batch_tolerance, notes);

  curve_run cleaned{{printable(run.name), found.batch, {}, {}}, stable.learning_rate, {}};
  for (const log_line& line : lines) {
    cleaned.curve.steps.push_back(line.step);
    cleaned.curve.losses.push_back(line.loss);
  }
  cleaned.notes = notes.take();
  return cleaned;
}

}  // namespace wsd_batch_size
