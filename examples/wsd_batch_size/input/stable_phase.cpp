// SPDX-License-Identifier: Apache-2.0
#include "input/stable_phase.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace wsd_batch_size {
namespace {

/// The middle of the largest group of rates that agree within the tolerance; of groups as large, the highest one.
std::optional<double> most_frequent_rate(const log_lines& lines, double tolerance) {
  std::vector<double> rates;
  for (const log_line& line : lines)
    if (line.learning_rate > 0) rates.push_back(line.learning_rate);
  std::sort(rates.begin(), rates.end());
  std::size_t most = 0;
  std::optional<double> best;
  std::size_t first = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    while (rates[i] - rates[first] > tolerance * rates[i]) ++first;
    const std::size_t count = i + 1 - first;
    if (count < most) continue;
    most = count;
    best = rates[first + count / 2];
  }
  return best;
}

}  // namespace

void fill_learning_rates(log_lines& lines) {
  const auto known =
      std::find_if(lines.begin(), lines.end(), [](const log_line& line) { return !std::isnan(line.learning_rate); });
  if (known == lines.end()) return;
  double rate = known->learning_rate;
  for (log_line& line : lines) {
    if (std::isnan(line.learning_rate)) line.learning_rate = rate;
    rate = line.learning_rate;
  }
}

stable_phase keep_stable_phase(log_lines& lines, double tolerance) {
  stable_phase found;
  const bool has_phases =
      std::any_of(lines.begin(), lines.end(), [](const log_line& line) { return line.phase != phase::unknown; });
  if (has_phases) found.other = std::erase_if(lines, [](const log_line& line) { return line.phase == phase::other; });
  found.learning_rate = most_frequent_rate(lines, tolerance);
  if (!found.learning_rate) return found;
  const double rate = *found.learning_rate;
  const auto is_stable = [&](const log_line& line) { return std::fabs(line.learning_rate - rate) <= tolerance * rate; };
  if (has_phases) {
    found.rates_differ = !std::all_of(lines.begin(), lines.end(), is_stable);
    return found;
  }
  auto longest = lines.begin();
  auto longest_end = longest;
  for (auto first = std::find_if(lines.begin(), lines.end(), is_stable); first != lines.end();) {
    const auto end = std::find_if_not(first, lines.end(), is_stable);
    if (end - first > longest_end - longest) {
      longest = first;
      longest_end = end;
    }
    first = std::find_if(end, lines.end(), is_stable);
  }
  found.before = static_cast<std::size_t>(longest - lines.begin());
  found.behind = static_cast<std::size_t>(lines.end() - longest_end);
  lines.erase(longest_end, lines.end());
  lines.erase(lines.begin(), longest);
  return found;
}

}  // namespace wsd_batch_size
