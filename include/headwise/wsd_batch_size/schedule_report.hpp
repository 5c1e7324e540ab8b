// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/additive_law.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/iso_loss_curve.hpp"
#include "headwise/wsd_batch_size/learning_rate_scaling.hpp"
#include "headwise/wsd_batch_size/schedule_table.hpp"

namespace headwise::wsd {

/// How a run is laid out, as far as a report shall speak of it.
struct report_settings {
  std::int64_t sequence_length = 0;  ///< tokens of a sample; 0 for no samples
  std::int64_t micro_batch = 0;      ///< samples of one pass on one rank; 0 for no gradient accumulation
  std::int64_t data_parallel = 1;    ///< ranks that share a batch
  learning_rate_scaling scaling = learning_rate_scaling::none;
};

/// A stage in samples.
struct stage_samples {
  std::int64_t batch = 0;  ///< per step
  std::int64_t first = 0;  ///< before the stage
  std::int64_t end = 0;
};

/// What a model says about the end of a stage.
struct stage_prediction {
  double loss = 0;       ///< in nats
  double batch_min = 0;  ///< the smallest batch size that ever reaches this loss, in tokens
  double batch_opt = 0;  ///< the one that reaches it with the fewest tokens
  double penalty = 0;    ///< E(B) / E_min - 1 of the stage's own batch at this loss
};

/// All that is known of one stage.
struct stage_report {
  batch_stage stage;
  double learning_rate_factor = 1;  ///< to that of the first stage
  std::optional<stage_samples> samples;
  std::optional<std::int64_t> gradient_accumulation;  ///< passes of every rank in a step
  std::optional<stage_prediction> prediction;
};

/// All that is known of a schedule.
struct schedule_report {
  std::vector<stage_report> stages;
};

namespace detail {

/// Throws `headwise::error` unless a batch is a whole number of passes.
inline std::int64_t gradient_accumulation(std::int64_t batch_samples, const report_settings& s) {
  using headwise::detail::require;
  using headwise::detail::words;
  require(s.micro_batch <= most_tokens / s.data_parallel, "micro_batch", s.micro_batch,
          words("at most ", most_tokens, " samples on all ranks"));
  const std::int64_t pass = s.micro_batch * s.data_parallel;
  require(batch_samples % pass == 0, "schedule", words("with a batch of ", batch_samples, " samples"),
          words("multiples of micro batch times data parallel ranks, ", pass));
  return batch_samples / pass;
}

inline void check_report(const report_settings& s) {
  using headwise::detail::require;
  require(s.sequence_length >= 0, "sequence_length", s.sequence_length, "zero or more");
  require(s.micro_batch >= 0, "micro_batch", s.micro_batch, "zero or more");
  require(s.micro_batch == 0 || s.sequence_length > 0, "sequence_length", s.sequence_length,
          "a positive number, for gradient accumulation");
  require(s.data_parallel > 0, "data_parallel", s.data_parallel, "a positive number");
}

}  // namespace detail

/// The report of a schedule without predictions. Throws `headwise::error` where a batch is no whole number of samples
/// or passes.
inline schedule_report report_of(const batch_schedule& schedule, const report_settings& settings = {}) {
  detail::check_report(settings);
  schedule_report report;
  for (const batch_stage& stage : schedule.stages) {
    stage_report entry;
    entry.stage = stage;
    entry.learning_rate_factor = learning_rate_factor(
        settings.scaling, static_cast<double>(stage.batch) / static_cast<double>(schedule.stages.front().batch));
    if (settings.sequence_length > 0) {
      const std::int64_t batch = batch_in_samples(stage, settings.sequence_length);
      const std::int64_t first = report.stages.empty() ? 0 : report.stages.back().samples->end;
      entry.samples = stage_samples{batch, first, first + batch * stage.steps};
      if (settings.micro_batch > 0) entry.gradient_accumulation = detail::gradient_accumulation(batch, settings);
    }
    report.stages.push_back(entry);
  }
  return report;
}

/// The report of a schedule with the predictions of any model: `loss_at_end(stage)` of the loss there, and
/// `curve_at(loss)` of the iso-loss curve of such a loss.
template <typename LossAtEnd, typename CurveAt>
schedule_report report_of(const batch_schedule& schedule, const report_settings& settings, const LossAtEnd& loss_at_end,
                          const CurveAt& curve_at) {
  schedule_report report = report_of(schedule, settings);
  for (stage_report& entry : report.stages) {
    const double loss = loss_at_end(entry.stage);
    const iso_loss_curve auto curve = curve_at(loss);
    entry.prediction = stage_prediction{loss, curve.batch_min(), curve.batch_opt(),
                                        penalty(curve, static_cast<double>(entry.stage.batch))};
  }
  return report;
}

/// The report of a schedule with the predictions of an additive law, whose noise follows every switch at once.
inline schedule_report report_of(const batch_schedule& schedule, const report_settings& settings,
                                 const additive_law& law) {
  return report_of(
      schedule, settings,
      [&](const batch_stage& stage) {
        return law.loss(static_cast<double>(stage.end_step()), static_cast<double>(stage.batch));
      },
      [&](double loss) { return law.at(loss); });
}

/// The table of a report: that of its schedule, and all columns that its settings gave it.
inline schedule_table table_of(const schedule_report& report) {
  batch_schedule schedule;
  for (const stage_report& entry : report.stages) schedule.stages.push_back(entry.stage);
  schedule_table table = table_of(schedule);
  const auto add = [&](const char* name, const char* title, const auto& value_of_entry) {
    detail::add_column(table, report.stages.size(), name, title,
                       [&](std::size_t i) { return value_of_entry(report.stages[i]); });
  };
  using entry = const stage_report&;
  const bool any = !report.stages.empty();
  if (any && report.stages.front().samples) {
    add("batch_samples", "batch, samples", [](entry e) { return e.samples->batch; });
    add("first_sample", "from sample", [](entry e) { return e.samples->first; });
    add("end_sample", "to sample", [](entry e) { return e.samples->end; });
  }
  if (any && report.stages.front().gradient_accumulation)
    add("gradient_accumulation", "gradient accumulation", [](entry e) { return *e.gradient_accumulation; });
  if (any && report.stages.front().prediction) {
    add("loss", "loss at end", [](entry e) { return e.prediction->loss; });
    add("batch_min", "B_min", [](entry e) { return e.prediction->batch_min; });
    add("batch_opt", "B_opt", [](entry e) { return e.prediction->batch_opt; });
    add("penalty", "penalty", [](entry e) { return e.prediction->penalty; });
  }
  add("learning_rate_factor", "learning rate factor", [](entry e) { return e.learning_rate_factor; });
  return table;
}

/// The table of a report, for programs.
inline std::string csv_of(const schedule_report& report) { return csv_of(table_of(report)); }
/// The same for documents.
inline std::string markdown_of(const schedule_report& report) { return markdown_of(table_of(report)); }
/// The same as a JSON array of objects.
inline std::string json_of(const schedule_report& report) { return json_of(table_of(report)); }

}  // namespace headwise::wsd
