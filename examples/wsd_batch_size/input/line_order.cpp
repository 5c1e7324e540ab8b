// SPDX-License-Identifier: Apache-2.0
#include "input/line_order.hpp"

#include <algorithm>
#include <limits>

namespace wsd_batch_size {
namespace {

bool earlier(const log_line& a, const log_line& b) { return a.step < b.step; }

/// Whether restarts cannot explain the order. A restart loses what a run did since its last checkpoint, so there are
/// not many among many lines: lines in random order go back at every second one. And a restarted run goes back to where
/// it has been, so it passes its lowest step; a piece of a log that ends below all that stood before it is in the wrong
/// place.
bool is_shuffled(const log_lines& lines) {
  constexpr std::size_t always_plausible = 3;
  constexpr std::size_t lines_per_restart = 20;
  std::size_t descents = 0;
  double lowest_before = 0;  // of the pieces before this one; the first has none
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lowest = std::min(lowest, lines[i].step);
    const bool piece_ends = i + 1 == lines.size() || earlier(lines[i + 1], lines[i]);
    if (!piece_ends) continue;
    if (lines[i].step < lowest_before) return true;
    lowest_before = lowest;
    if (i + 1 < lines.size()) ++descents;
  }
  return descents > std::max(always_plausible, lines.size() / lines_per_restart);
}

}  // namespace

line_order put_in_order(log_lines& lines) {
  line_order found;
  if (is_shuffled(lines)) {
    std::stable_sort(lines.begin(), lines.end(), earlier);
    found.sorted = true;
    return found;
  }
  auto kept = lines.begin();
  for (const log_line& line : lines) {
    if (kept != lines.begin() && earlier(line, *(kept - 1))) {
      ++found.restarts;
      const auto stays = std::lower_bound(lines.begin(), kept, line, earlier);
      found.superseded += static_cast<std::size_t>(kept - stays);
      kept = stays;
    }
    *kept++ = line;
  }
  lines.erase(kept, lines.end());
  return found;
}

std::size_t drop_repeated_steps(log_lines& lines) {
  auto kept = lines.begin();
  for (const log_line& line : lines) {
    if (kept != lines.begin() && !earlier(*(kept - 1), line)) --kept;
    *kept++ = line;
  }
  const auto dropped = static_cast<std::size_t>(lines.end() - kept);
  lines.erase(kept, lines.end());
  return dropped;
}

}  // namespace wsd_batch_size
