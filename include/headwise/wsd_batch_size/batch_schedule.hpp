// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/core/error.hpp"

namespace headwise::wsd {

/// A part of a run with one batch size.
struct batch_stage {
  std::int64_t batch = 0;        ///< in tokens per step
  std::int64_t steps = 0;        ///< whole steps
  std::int64_t first_step = 0;   ///< the steps before this stage
  std::int64_t first_token = 0;  ///< the tokens before this stage

  constexpr std::int64_t tokens() const { return batch * steps; }
  constexpr std::int64_t end_token() const { return first_token + tokens(); }
};

/// How the batch grows over a run, stage by stage.
struct batch_schedule {
  std::vector<batch_stage> stages;

  std::int64_t steps() const { return stages.empty() ? 0 : stages.back().first_step + stages.back().steps; }
  std::int64_t tokens() const { return stages.empty() ? 0 : stages.back().end_token(); }

  /// The batch size behind so many tokens.
  std::int64_t batch_at(std::int64_t tokens) const {
    std::int64_t batch = 0;
    for (const batch_stage& stage : stages)
      if (stage.first_token <= tokens) batch = stage.batch;
    return batch;
  }
};

/// What a schedule has to keep to.
struct schedule_settings {
  std::int64_t total_tokens = 0;
  /// What a batch is a multiple of: micro batch times data parallel ranks times sequence length, in tokens.
  std::int64_t granularity = 1;
  /// A stage every so many tokens, or (where it is 0) a stage for every value of the ladder.
  std::int64_t interval = 0;
  /// Ascending batch sizes, of which every one starts where the wanted batch comes nearer to it than to the one before.
  std::vector<std::int64_t> ladder{};
  /// No batch is larger; 0 for no limit.
  std::int64_t largest_batch = 0;
  /// No switch multiplies the batch by more.
  double largest_ratio = 2;
  /// Smaller rises are not worth a switch.
  double smallest_rise = 0.1;
  /// Whole factors only, for trainers that know no others.
  bool integer_factors = false;
};

namespace detail {

inline void check_schedule(const schedule_settings& s) {
  using headwise::detail::require;
  using headwise::detail::words;
  require(s.total_tokens > 0, "total_tokens", s.total_tokens, "a positive number");
  require(s.granularity > 0, "granularity", s.granularity, "a positive number");
  require(s.interval >= 0, "interval", s.interval, "zero or more");
  require(s.interval > 0 || !s.ladder.empty(), "ladder", "empty", "batch sizes, or an interval");
  require(s.largest_ratio > 1, "largest_ratio", s.largest_ratio, "more than 1");
  require(s.smallest_rise >= 0, "smallest_rise", s.smallest_rise, "zero or more");
  require(s.largest_batch == 0 || s.largest_batch >= s.granularity, "largest_batch", s.largest_batch,
          words("0, or at least the granularity, ", s.granularity));
  for (std::size_t i = 0; i < s.ladder.size(); ++i) {
    require(s.ladder[i] > 0 && s.ladder[i] % s.granularity == 0, "ladder", words("with ", s.ladder[i]),
            words("positive multiples of the granularity, ", s.granularity));
    require(i == 0 || s.ladder[i - 1] < s.ladder[i], "ladder",
            words("with ", s.ladder[i], " behind ", s.ladder[i == 0 ? 0 : i - 1]), "ascending batch sizes");
  }
}

/// The multiple of `unit` that is nearest to `value` in its logarithm, the smaller of two that are as near, one unit at
/// least.
inline std::int64_t nearest_multiple(double value, std::int64_t unit) {
  const auto below = std::max<std::int64_t>(1, static_cast<std::int64_t>(value / static_cast<double>(unit)));
  const double limit =
      static_cast<double>(unit) * std::sqrt(static_cast<double>(below) * static_cast<double>(below + 1));
  return unit * (value > limit ? below + 1 : below);
}

/// Where a stage begins, and the batch it would like.
struct wanted_stage {
  double first_token;
  double batch;
};

/// A stage every `interval` tokens, with the batch of the geometric mean of its ends; the first one, which begins at
/// nothing, with that of its middle.
template <typename BatchOfTokens>
std::vector<wanted_stage> stages_of_interval(const BatchOfTokens& batch_of_tokens, const schedule_settings& s) {
  std::vector<wanted_stage> stages;
  for (std::int64_t first = 0; first < s.total_tokens; first += s.interval) {
    const auto begin = static_cast<double>(first);
    const auto end = static_cast<double>(std::min(first + s.interval, s.total_tokens));
    stages.push_back({begin, batch_of_tokens(first == 0 ? end / 2 : std::sqrt(begin * end))});
  }
  return stages;
}

/// The values of the ladder, each from where the wanted batch is above the geometric mean of it and the one before.
template <typename BatchOfTokens>
std::vector<wanted_stage> stages_of_ladder(const BatchOfTokens& batch_of_tokens, const schedule_settings& s) {
  constexpr int halvings = 80;
  std::vector<wanted_stage> stages = {{0, static_cast<double>(s.ladder.front())}};
  for (std::size_t i = 1; i < s.ladder.size(); ++i) {
    const double border = std::sqrt(static_cast<double>(s.ladder[i - 1]) * static_cast<double>(s.ladder[i]));
    double low = 1;
    auto high = static_cast<double>(s.total_tokens);
    if (batch_of_tokens(high) <= border) break;
    for (int halving = 0; halving < halvings; ++halving) {
      const double middle = std::sqrt(low * high);
      (batch_of_tokens(middle) > border ? high : low) = middle;
    }
    stages.push_back({high, static_cast<double>(s.ladder[i])});
  }
  return stages;
}

/// The batch of a stage that follows one of `before` (0 for none): allowed by all settings, never smaller.
inline std::int64_t allowed_batch(double wanted, std::int64_t before, const schedule_settings& s) {
  const auto cap =
      s.largest_batch > 0 ? s.largest_batch / s.granularity * s.granularity : std::numeric_limits<std::int64_t>::max();
  if (before == 0) return std::min(nearest_multiple(wanted, s.granularity), cap);
  const double limited = std::min(wanted, s.largest_ratio * static_cast<double>(before));
  std::int64_t batch = nearest_multiple(limited, s.integer_factors ? before : s.granularity);
  if (static_cast<double>(batch) > s.largest_ratio * static_cast<double>(before))
    batch -= s.integer_factors ? before : s.granularity;
  if (batch > cap) batch = s.integer_factors ? cap / before * before : cap;
  const bool worth_it = static_cast<double>(batch) >= (1 + s.smallest_rise) * static_cast<double>(before);
  return worth_it ? batch : before;
}

}  // namespace detail

/// The schedule that follows `batch_of_tokens(D)`, the best batch size behind D tokens, as closely as the settings
/// allow: never falling, in multiples of the granularity, with whole steps in every stage and the total within one
/// batch. Throws `headwise::error` for settings that contradict each other.
template <typename BatchOfTokens>
batch_schedule make_schedule(const BatchOfTokens& batch_of_tokens, const schedule_settings& settings) {
  detail::check_schedule(settings);
  const std::vector<detail::wanted_stage> wanted = settings.interval > 0
                                                       ? detail::stages_of_interval(batch_of_tokens, settings)
                                                       : detail::stages_of_ladder(batch_of_tokens, settings);
  batch_schedule schedule;
  const auto total = static_cast<double>(settings.total_tokens);
  std::int64_t batch = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    batch = detail::allowed_batch(wanted[i].batch, batch, settings);
    const double end = i + 1 < wanted.size() ? std::min(wanted[i + 1].first_token, total) : total;
    const double left = end - static_cast<double>(schedule.tokens());
    const auto steps = static_cast<std::int64_t>(std::llround(left / static_cast<double>(batch)));
    if (steps <= 0) continue;
    if (!schedule.stages.empty() && schedule.stages.back().batch == batch) {
      schedule.stages.back().steps += steps;
    } else {
      schedule.stages.push_back({batch, steps, schedule.steps(), schedule.tokens()});
    }
  }
  if (schedule.stages.empty()) schedule.stages.push_back({batch, 1, 0, 0});
  return schedule;
}

}  // namespace headwise::wsd
