// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/allowed_batches.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/schedule_settings.hpp"
#include "headwise/wsd_batch_size/wanted_stages.hpp"

namespace headwise::wsd {

namespace detail {

/// The whole number of batches that is nearest to so many tokens.
constexpr std::int64_t nearest_steps(std::int64_t tokens, std::int64_t batch) {
  if (tokens <= 0) return 0;
  const std::int64_t rest = tokens % batch;
  return tokens / batch + (rest >= batch - rest ? 1 : 0);
}

/// Puts stage behind stage.
template <typename SmallestBatch>
class schedule_builder {
 public:
  schedule_builder(const schedule_settings& settings, const SmallestBatch& smallest_batch)
      : s_(settings), smallest_batch_(smallest_batch) {}

  batch_schedule build(const std::vector<wanted_stage>& wanted) {
    std::size_t next = 1;
    std::int64_t batch = 0;
    for (std::int64_t now = 0; now < s_.total_tokens;) {
      while (next < wanted.size() && wanted[next].first_token <= now) ++next;
      const std::int64_t border = next < wanted.size() ? wanted[next].first_token : s_.total_tokens;
      const std::int64_t dwelt = now + std::min(dwell(), s_.total_tokens - now);
      const std::int64_t before = last_batch();
      const double wish = wanted[next - 1].batch;
      batch = choose(wish, border, std::max(border, dwelt));
      std::int64_t end = batch == before ? border : std::max(border, dwelt);
      // A rung that the ratio put out of reach is waited for no longer than the dwell.
      if (s_.interval == 0 && batch != before && static_cast<double>(batch) < wish)
        end = std::min(end, std::max(dwelt, now + std::min(batch, s_.total_tokens - now)));
      run(batch, end);
      now = end;
    }
    finish(batch);
    return schedule_;
  }

 private:
  std::int64_t last_batch() const { return schedule_.stages.empty() ? 0 : schedule_.stages.back().batch; }

  /// How long a switch stands. Stages of an interval begin at its multiples only.
  std::int64_t dwell() const {
    const std::int64_t rest = s_.interval > 0 ? s_.smallest_dwell % s_.interval : 0;
    if (rest == 0 || s_.smallest_dwell >= s_.total_tokens) return s_.smallest_dwell;
    return s_.smallest_dwell + std::min(s_.interval - rest, s_.total_tokens);
  }

  double bound(std::int64_t end) const { return bound_at(smallest_batch_, end, s_); }

  /// The batch from here on, which lasts until `keep_end` if it is the one before, and else until `switch_end`.
  std::int64_t choose(double wanted, std::int64_t keep_end, std::int64_t switch_end) const {
    const std::int64_t before = last_batch();
    const allowed_batches allowed(s_, before);
    const double keep_bound = bound(keep_end);
    const double low = std::max(keep_bound, bound(switch_end));
    const double cap = s_.largest_batch > 0 ? static_cast<double>(s_.largest_batch) : static_cast<double>(most_tokens);
    const double high = before > 0 ? std::min(cap, s_.largest_ratio * static_cast<double>(before)) : cap;
    const bool may_keep = before > 0 && static_cast<double>(before) >= keep_bound;
    std::int64_t batch = allowed.nearest(std::min(wanted, high));
    if (static_cast<double>(batch) > high) batch = allowed.at_most(high);
    if (static_cast<double>(batch) < low) batch = allowed.at_least(low);
    const bool reachable = batch > 0 && static_cast<double>(batch) <= high;
    const bool worth_it = static_cast<double>(batch) >= (1 + s_.smallest_rise) * static_cast<double>(before);
    if (may_keep && !(reachable && worth_it)) return before;
    if (!reachable) refuse(low, cap, batch, switch_end);
    return batch;
  }

  /// Says which setting keeps batches below what the loss needs.
  void refuse(double low, double cap, std::int64_t batch, std::int64_t end) const {
    using headwise::detail::words;
    const auto why = [&](auto least) {
      return words("at least ", least, " for the loss of ", end, " tokens, or the target is unreachable");
    };
    if (batch == 0 && !s_.ladder.empty())
      headwise::detail::require(false, "ladder", words("up to ", s_.ladder.back()), why(low));
    const double needed = batch == 0 ? low : static_cast<double>(batch);
    if (needed > cap || last_batch() == 0)
      headwise::detail::require(false, "largest_batch", static_cast<std::int64_t>(cap), why(needed));
    headwise::detail::require(false, "largest_ratio", s_.largest_ratio,
                              why(needed / static_cast<double>(last_batch())));
  }

  /// Goes on to the whole step that is nearest to `end` tokens, or the one before it where a bound asks for that.
  void run(std::int64_t batch, std::int64_t end) {
    const std::int64_t first = schedule_.tokens();
    std::int64_t steps = nearest_steps(end - first, batch);
    if (steps > 0 && static_cast<double>(batch) < bound(first + steps * batch)) --steps;
    if (steps > 0) schedule_.append(batch, steps);
  }

  /// Spends what a last stage of less than half a step left over, so that the total is met within one batch.
  void finish(std::int64_t batch) {
    const std::int64_t left = s_.total_tokens - schedule_.tokens();
    const std::int64_t before = last_batch();
    if (before > 0 && static_cast<double>(before) >= bound(s_.total_tokens)) {
      if (nearest_steps(left, before) > 0) schedule_.append(before, nearest_steps(left, before));
    } else if (before == 0 || left >= before) {
      schedule_.append(batch, 1);
    }
  }

  const schedule_settings& s_;
  const SmallestBatch& smallest_batch_;
  batch_schedule schedule_;
};

}  // namespace detail

/// The schedule that follows `batch_of_tokens(D)`, the best batch size behind D tokens, as closely as the settings
/// allow: never falling, in allowed batches, with whole steps in every stage and the total within one batch. With
/// `smallest_batch(D)`, the smallest batch size that reaches the loss of D tokens, no batch is smaller than that of the
/// end of its stage times one plus the margin. Throws `headwise::error` for settings that contradict each other, for
/// functions that give no batch size, and where the settings do not allow what the smallest batch asks for.
template <typename BatchOfTokens, typename SmallestBatch = no_smallest_batch>
batch_schedule make_schedule(const BatchOfTokens& batch_of_tokens, const schedule_settings& settings,
                             const SmallestBatch& smallest_batch = {}) {
  detail::check_schedule(settings);
  return detail::schedule_builder<SmallestBatch>(settings, smallest_batch)
      .build(settings.interval > 0 ? detail::stages_of_interval(batch_of_tokens, settings)
                                   : detail::stages_of_ladder(batch_of_tokens, smallest_batch, settings));
}

}  // namespace headwise::wsd
