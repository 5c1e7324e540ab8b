// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"
#include "headwise/wsd_batch_size/schedule_settings.hpp"

namespace headwise::wsd {

/// For schedules whose batches no loss bounds from below.
struct no_smallest_batch {};

namespace detail {

/// Where another batch is wanted, and which.
struct wanted_stage {
  std::int64_t first_token;
  double batch;
};

/// What a function of tokens that the caller gave says. Throws `headwise::error` unless it is a batch size.
template <typename BatchOfTokens>
double batch_from(const BatchOfTokens& batch_of_tokens, double tokens, const char* name) {
  const double batch = batch_of_tokens(tokens);
  headwise::detail::require(is_positive(batch) && batch <= static_cast<double>(most_tokens), name,
                            headwise::detail::words(batch, " at ", tokens, " tokens"),
                            headwise::detail::words("positive numbers up to ", most_tokens));
  return batch;
}

template <typename BatchOfTokens>
double best_batch(const BatchOfTokens& batch_of_tokens, double tokens) {
  return batch_from(batch_of_tokens, tokens, "batch_of_tokens");
}

/// What a stage that ends at so many tokens may not fall below. What rounding adds to the total is no part of it.
template <typename SmallestBatch>
double bound_at([[maybe_unused]] const SmallestBatch& smallest_batch, [[maybe_unused]] std::int64_t end,
                [[maybe_unused]] const schedule_settings& s) {
  if constexpr (std::is_same_v<SmallestBatch, no_smallest_batch>) {
    return 0;
  } else {
    const auto tokens = static_cast<double>(std::min(end, s.total_tokens));
    return (1 + s.margin) * batch_from(smallest_batch, tokens, "smallest_batch");
  }
}

/// A stage every `interval` tokens, with the batch of the geometric mean of its ends; the first one, which begins at
/// nothing, with that of its middle.
template <typename BatchOfTokens>
std::vector<wanted_stage> stages_of_interval(const BatchOfTokens& batch_of_tokens, const schedule_settings& s) {
  std::vector<wanted_stage> stages;
  for (std::int64_t first = 0; first < s.total_tokens;) {
    const std::int64_t next = first + std::min(s.interval, s.total_tokens - first);
    const auto begin = static_cast<double>(first);
    const auto end = static_cast<double>(next);
    stages.push_back({first, best_batch(batch_of_tokens, first == 0 ? end / 2 : std::sqrt(begin * end))});
    first = next;
  }
  return stages;
}

/// The values of the ladder, each from where the wanted batch is above the geometric mean of it and the one before, or
/// the bound is about to be above the one before.
template <typename BatchOfTokens, typename SmallestBatch>
std::vector<wanted_stage> stages_of_ladder(const BatchOfTokens& batch_of_tokens, const SmallestBatch& smallest_batch,
                                           const schedule_settings& s) {
  std::vector<wanted_stage> stages = {{0, static_cast<double>(s.ladder.front())}};
  for (std::size_t i = 1; i < s.ladder.size(); ++i) {
    const auto before = static_cast<double>(s.ladder[i - 1]);
    const double border = std::sqrt(before * static_cast<double>(s.ladder[i]));
    const auto too_small = [&](std::int64_t tokens) { return bound_at(smallest_batch, tokens, s) > before; };
    const auto passed = [&](std::int64_t tokens) {
      return best_batch(batch_of_tokens, static_cast<double>(tokens)) > border || too_small(tokens);
    };
    if (!passed(s.total_tokens)) break;
    std::int64_t low = 0;
    std::int64_t high = s.total_tokens;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (passed(middle) ? high : low) = middle;
    }
    // A stage ends where its batch still is large enough. What the first token passes, the run never has.
    const std::int64_t first = too_small(high) || high == 1 ? high - 1 : high;
    if (first == stages.back().first_token) stages.pop_back();
    stages.push_back({first, static_cast<double>(s.ladder[i])});
  }
  return stages;
}

}  // namespace detail
}  // namespace headwise::wsd
