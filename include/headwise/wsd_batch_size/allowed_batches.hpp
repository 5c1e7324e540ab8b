// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "headwise/wsd_batch_size/batch_schedule.hpp"
#include "headwise/wsd_batch_size/schedule_settings.hpp"

namespace headwise::wsd::detail {

/// The batch sizes that settings allow behind one of `before` (0 for none): the ladder, powers of two, or multiples.
class allowed_batches {
 public:
  allowed_batches(const schedule_settings& settings, std::int64_t before)
      : settings_(settings), unit_(settings.integer_factors && before > 0 ? before : settings.granularity) {}

  /// The largest one up to `limit`; 0 if there is none.
  std::int64_t at_most(double limit) const {
    if (!settings_.ladder.empty() || settings_.powers_of_two) {
      std::int64_t batch = 0;
      for (std::int64_t next = above(0); next > 0 && static_cast<double>(next) <= limit; next = above(next))
        batch = next;
      return batch;
    }
    const double bounded = std::min(limit, static_cast<double>(most_tokens));
    std::int64_t batch = static_cast<std::int64_t>(bounded / static_cast<double>(unit_)) * unit_;
    // The quotient may have been rounded to the next whole number.
    if (static_cast<double>(batch) > bounded) batch -= unit_;
    return batch;
  }

  /// The smallest one from `limit` on; 0 if there is none.
  std::int64_t at_least(double limit) const {
    const std::int64_t below = at_most(limit);
    return below > 0 && static_cast<double>(below) >= limit ? below : above(below);
  }

  /// The nearest one in logarithms, the smaller of two that are as near.
  std::int64_t nearest(double value) const {
    const std::int64_t below = at_most(value);
    const std::int64_t next = above(below);
    if (below == 0 || next == 0) return std::max(below, next);
    return value > std::sqrt(static_cast<double>(below) * static_cast<double>(next)) ? next : below;
  }

 private:
  /// The one that follows an allowed one, or 0; 0 if there is none.
  std::int64_t above(std::int64_t batch) const {
    if (!settings_.ladder.empty()) {
      const auto next = std::upper_bound(settings_.ladder.begin(), settings_.ladder.end(), batch);
      return next == settings_.ladder.end() ? 0 : *next;
    }
    const std::int64_t next = settings_.powers_of_two && batch > 0 ? 2 * batch : batch + unit_;
    // With powers of two, `integer_factors` asks for nothing more.
    if (settings_.powers_of_two && batch == 0) return settings_.granularity;
    return next <= most_tokens ? next : 0;
  }

  const schedule_settings& settings_;
  std::int64_t unit_;
};

}  // namespace headwise::wsd::detail
