// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headwise/core/error.hpp"
#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/batch_table.hpp"
#include "headwise/wsd_batch_size/make_schedule.hpp"
#include "headwise/wsd_batch_size/parameter_check.hpp"
#include "headwise/wsd_batch_size/simulation.hpp"

namespace headwise::wsd {

/// Two stages: small batches, then larger ones for the last share of the tokens.
struct late_switches {
  double largest_factor = 16;  ///< of the batch sizes to a given one, up and down
  int places = 9;              ///< batch sizes on either side, in equal ratios
  std::vector<double> shares = {0.05, 0.1, 0.2, 0.3, 0.5};
};

/// What schedules are compared at.
struct comparison_settings {
  std::int64_t total_tokens = 0;
  std::int64_t granularity = 1;             ///< of batches, in tokens
  std::optional<batch_table> throughput{};  ///< tokens per second by batch, if hours are asked for
  late_switches switches{};
};

/// How a schedule ends.
struct compared_schedule {
  std::string name;
  batch_schedule schedule;
  double loss = 0;                ///< in nats
  std::optional<double> hours{};  ///< where a throughput is known
};

namespace detail {

inline void check_comparison(const comparison_settings& s) {
  using headwise::detail::require;
  require(s.switches.places > 1, "places", s.switches.places, "two or more");
  require(s.switches.largest_factor > 1 && is_positive(s.switches.largest_factor), "largest_factor",
          s.switches.largest_factor, "more than 1");
  for (const double share : s.switches.shares)
    require(share > 0 && share < 1, "shares", headwise::detail::words("with ", share), "parts between 0 and 1");
}

/// Throws `headwise::error` unless a schedule has so many tokens, within one batch.
inline void check_staircase(const batch_schedule& staircase, std::int64_t total_tokens) {
  using headwise::detail::require;
  using headwise::detail::words;
  require(!staircase.stages.empty(), "staircase", "empty", "at least one stage");
  const std::int64_t tokens = staircase.tokens();
  const std::int64_t batch = staircase.stages.back().batch;
  require(tokens - batch <= total_tokens && total_tokens <= tokens + batch, "staircase",
          words("of ", tokens, " tokens"), words(total_tokens, " tokens, within one batch"));
}

}  // namespace detail

/// All tokens with one batch size, the nearest multiple of the granularity. Throws `headwise::error` as make_schedule
/// does.
inline batch_schedule constant_schedule(std::int64_t total_tokens, double batch, std::int64_t granularity = 1) {
  return make_schedule([&](double) { return batch; },
                       {.total_tokens = total_tokens, .granularity = granularity, .interval = total_tokens});
}

/// The constant batch size between two that leads a process to the lowest loss with so many tokens, to one part in a
/// thousand. Throws `headwise::error` unless the two are positive and ascend.
template <training_process Process>
double best_constant_batch(const Process& start, double tokens, double smallest_batch, double largest_batch) {
  detail::require_positive(tokens, "tokens");
  detail::require_positive(smallest_batch, "smallest_batch");
  detail::require_below(smallest_batch, "smallest_batch", largest_batch, "largest_batch");
  constexpr double precision = 1e-3;
  const double golden = (std::sqrt(5.0) - 1) / 2;
  const auto loss = [&](double log_batch) {
    Process process = start;
    const double batch = std::exp(log_batch);
    process.advance(tokens / batch, batch);
    return process.loss();
  };
  double low = std::log(smallest_batch);
  double high = std::log(largest_batch);
  double left = high - golden * (high - low);
  double right = low + golden * (high - low);
  double left_loss = loss(left);
  double right_loss = loss(right);
  while (high - low > precision) {
    if (left_loss < right_loss) {
      high = std::exchange(right, left);
      right_loss = left_loss;
      left = high - golden * (high - low);
      left_loss = loss(left);
    } else {
      low = std::exchange(left, right);
      left_loss = right_loss;
      right = low + golden * (high - low);
      right_loss = loss(right);
    }
  }
  return std::exp((low + high) / 2);
}

/// The best of all late switches around a batch size, by the loss at the end; the constant schedule if none is better.
/// Throws `headwise::error` for settings without a meaning.
template <training_process Process>
batch_schedule best_late_switch(const Process& start, double batch, const comparison_settings& s) {
  detail::check_comparison(s);
  // What factor lies so many places from the batch size.
  const auto factor = [&](int place) {
    return std::pow(s.switches.largest_factor, static_cast<double>(place) / static_cast<double>(s.switches.places - 1));
  };
  const auto allowed = [&](double size) {
    return constant_schedule(s.total_tokens, size, s.granularity).stages.front().batch;
  };
  batch_schedule best = constant_schedule(s.total_tokens, batch, s.granularity);
  double lowest = simulate(start, best).back().loss;
  for (int i = 0; i < s.switches.places; ++i)
    for (const double share : s.switches.shares) {
      const std::int64_t early_batch = allowed(batch / factor(i));
      const auto early_tokens = static_cast<std::int64_t>((1 - share) * static_cast<double>(s.total_tokens));
      const std::int64_t early_steps = detail::nearest_steps(early_tokens, early_batch);
      if (early_steps == 0) continue;
      batch_schedule early;
      early.append(early_batch, early_steps);
      Process at_switch = start;
      at_switch.advance(static_cast<double>(early_steps), static_cast<double>(early_batch));
      for (int k = 0; k < s.switches.places; ++k) {
        const std::int64_t late_batch = allowed(batch * factor(k));
        const std::int64_t late_steps = detail::nearest_steps(s.total_tokens - early.tokens(), late_batch);
        if (late_steps == 0) continue;
        Process process = at_switch;
        process.advance(static_cast<double>(late_steps), static_cast<double>(late_batch));
        if (!(process.loss() < lowest)) continue;
        lowest = process.loss();
        best = early;
        best.append(late_batch, late_steps);
      }
    }
  return best;
}

/// The loss, steps and hours of schedules at equal tokens: a constant batch size, which the caller takes for the best,
/// half and twice of it, the caller's staircase of the same tokens, and the best late switch. Tokens against steps is
/// the real choice: the lowest loss may take many times the steps. Throws `headwise::error` for settings without a
/// meaning.
template <training_process Process>
std::vector<compared_schedule> compare_schedules(const Process& start, double best_batch,
                                                 const batch_schedule& staircase, const comparison_settings& s) {
  detail::require_positive(best_batch, "best_batch");
  detail::check_staircase(staircase, s.total_tokens);
  const auto constant = [&](double batch) { return constant_schedule(s.total_tokens, batch, s.granularity); };
  std::vector<compared_schedule> compared = {{"constant", constant(best_batch), 0, {}},
                                             {"half", constant(best_batch / 2), 0, {}},
                                             {"twice", constant(2 * best_batch), 0, {}},
                                             {"staircase", staircase, 0, {}},
                                             {"late switch", best_late_switch(start, best_batch, s), 0, {}}};
  for (compared_schedule& entry : compared) {
    entry.loss = simulate(start, entry.schedule).back().loss;
    if (s.throughput) entry.hours = hours_of(entry.schedule, *s.throughput);
  }
  return compared;
}

}  // namespace headwise::wsd
