// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"
#include "headwise/wsd_batch_size/schedule_settings.hpp"

namespace headwise::wsd::detail {

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

/// The values of the ladder, each from where the wanted batch is above the geometric mean of it and the one before.
template <typename BatchOfTokens>
std::vector<wanted_stage> stages_of_ladder(const BatchOfTokens& batch_of_tokens, const schedule_settings& s) {
  const auto wanted = [&](std::int64_t tokens) { return best_batch(batch_of_tokens, static_cast<double>(tokens)); };
  std::vector<wanted_stage> stages = {{0, static_cast<double>(s.ladder.front())}};
  for (std::size_t i = 1; i < s.ladder.size(); ++i) {
    const double border = std::sqrt(static_cast<double>(s.ladder[i - 1]) * static_cast<double>(s.ladder[i]));
    if (wanted(s.total_tokens) <= border) break;
    std::int64_t low = 0;
    std::int64_t high = s.total_tokens;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (wanted(middle) > border ? high : low) = middle;
    }
    // What the first token exceeds, the run never has.
    if (high == 1) high = 0;
    if (high == stages.back().first_token) stages.pop_back();
    stages.push_back({high, static_cast<double>(s.ladder[i])});
  }
  return stages;
}

}  // namespace headwise::wsd::detail
