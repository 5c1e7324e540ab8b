// SPDX-License-Identifier: Apache-2.0
#include "input/batch_size.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace wsd_batch_size {
namespace {

/// Batches are whole numbers of tokens. Those of a hundred and more become what rounded logs and divisions have left of
/// them, so that repeated runs agree.
double whole_tokens(double batch) {
  constexpr double smallest = 100;
  return batch >= smallest ? std::round(batch) : batch;
}

}  // namespace

logged_batch find_batch(const log_lines& lines, double tolerance) {
  std::vector<double> batches;
  const auto compare = [&](const log_line& from, const log_line& to) {
    batches.push_back((to.tokens - from.tokens) / (to.step - from.step));
  };
  // Of the tolerance, a quarter is for rounding: the median has some as well.
  constexpr double quarter = 0.25;
  bool rounded = false;
  const log_line* from = &lines.front();
  for (auto to = lines.begin() + 1; to != lines.end(); ++to) {
    const double error = (from->tokens_unit + to->tokens_unit) / 2;
    if (error > 0 && to->tokens - from->tokens < error / (quarter * tolerance)) {
      rounded = true;
      continue;
    }
    compare(*from, *to);
    from = &*to;
  }
  const double whole = (lines.back().tokens - lines.front().tokens) / (lines.back().step - lines.front().step);
  if (batches.empty()) batches.push_back(whole);
  const auto [smallest, largest] = std::minmax_element(batches.begin(), batches.end());
  logged_batch found{0, *smallest, *largest};
  const auto middle = batches.begin() + static_cast<std::ptrdiff_t>(batches.size() / 2);
  std::nth_element(batches.begin(), middle, batches.end());
  found.is_constant = found.smallest >= (1 - tolerance) * *middle && found.largest <= (1 + tolerance) * *middle;
  // The longer the way, the less rounding matters.
  found.batch = whole_tokens(rounded && found.is_constant ? whole : *middle);
  return found;
}

}  // namespace wsd_batch_size
