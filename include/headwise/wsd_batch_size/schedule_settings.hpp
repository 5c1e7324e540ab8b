// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"

namespace headwise::wsd {

/// What a schedule has to keep to.
struct schedule_settings {
  std::int64_t total_tokens = 0;
  /// What a batch is a multiple of: micro batch times data parallel ranks times sequence length, in tokens.
  std::int64_t granularity = 1;
  /// A stage every so many tokens, or (where it is 0) a stage for every value of the ladder.
  std::int64_t interval = 0;
  /// The only batch sizes, ascending. Without an interval, every one starts where the wanted batch comes nearer to it
  /// than to the one before.
  std::vector<std::int64_t> ladder{};
  /// No batch is larger; 0 for no limit.
  std::int64_t largest_batch = 0;
  /// No switch multiplies the batch by more.
  double largest_ratio = 2;
  /// Smaller rises are not worth a switch.
  double smallest_rise = 0.1;
  /// Whole factors only, for trainers that know no others.
  bool integer_factors = false;
  /// The granularity times powers of two only.
  bool powers_of_two = false;
  /// At least so many tokens lie between two switches, to the nearest step of either.
  std::int64_t smallest_dwell = 0;
  /// By what part of it batches stay above the smallest one that reaches the loss.
  double margin = 0;
};

namespace detail {

/// More stages are a mistake in the interval rather than a wish.
inline constexpr std::int64_t most_stages = 1'000'000;

constexpr bool is_power_of_two(std::int64_t value) { return value > 0 && (value & (value - 1)) == 0; }

inline void check_ladder(const schedule_settings& s) {
  using headwise::detail::require;
  using headwise::detail::words;
  for (std::size_t i = 0; i < s.ladder.size(); ++i) {
    const std::int64_t rung = s.ladder[i];
    require(rung > 0 && rung % s.granularity == 0, "ladder", words("with ", rung),
            words("positive multiples of the granularity, ", s.granularity));
    require(rung <= most_tokens, "ladder", words("with ", rung), words("batch sizes up to ", most_tokens));
    require(!s.powers_of_two || is_power_of_two(rung / s.granularity), "ladder", words("with ", rung),
            words("the granularity, ", s.granularity, ", times powers of two"));
    if (i == 0) continue;
    const std::int64_t before = s.ladder[i - 1];
    const auto pair = words("with ", rung, " behind ", before);
    require(before < rung, "ladder", pair, "ascending batch sizes");
    require(!s.integer_factors || rung % before == 0, "ladder", pair, "whole factors, as integer_factors asks for");
    require(static_cast<double>(rung) <= s.largest_ratio * static_cast<double>(before), "ladder", pair,
            words("ratios up to largest_ratio, ", s.largest_ratio));
  }
  require(s.ladder.empty() || s.largest_batch == 0 || s.largest_batch >= s.ladder.front(), "largest_batch",
          s.largest_batch, words("0, or at least the start of the ladder, ", s.ladder.empty() ? 0 : s.ladder.front()));
}

inline void check_schedule(const schedule_settings& s) {
  using headwise::detail::require;
  using headwise::detail::words;
  require(s.total_tokens > 0, "total_tokens", s.total_tokens, "a positive number");
  require(s.total_tokens <= most_tokens, "total_tokens", s.total_tokens, words("at most ", most_tokens));
  require(s.granularity > 0, "granularity", s.granularity, "a positive number");
  require(s.granularity <= most_tokens, "granularity", s.granularity, words("at most ", most_tokens));
  require(s.interval >= 0, "interval", s.interval, "zero or more");
  require(s.interval > 0 || !s.ladder.empty(), "ladder", "empty", "batch sizes, or an interval");
  require(s.interval == 0 || s.total_tokens / s.interval < most_stages, "interval", s.interval,
          words("an interval of which the total has fewer than ", most_stages));
  require(s.largest_ratio > 1, "largest_ratio", s.largest_ratio, "more than 1");
  require(s.smallest_rise >= 0, "smallest_rise", s.smallest_rise, "zero or more");
  require(s.largest_batch == 0 || s.largest_batch >= s.granularity, "largest_batch", s.largest_batch,
          words("0, or at least the granularity, ", s.granularity));
  require(s.smallest_dwell >= 0, "smallest_dwell", s.smallest_dwell, "zero or more");
  require(s.margin >= 0 && s.margin <= std::numeric_limits<double>::max(), "margin", s.margin, "zero or more");
  check_ladder(s);
}

}  // namespace detail
}  // namespace headwise::wsd
