// SPDX-License-Identifier: Apache-2.0
#include "input/batch_size.hpp"

#include <algorithm>
#include <cmath>
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

logged_batch find_batch(const log_lines& lines) {
  std::vector<double> batches;
  for (std::size_t i = 1; i < lines.size(); ++i)
    batches.push_back((lines[i].tokens - lines[i - 1].tokens) / (lines[i].step - lines[i - 1].step));
  const auto [smallest, largest] = std::minmax_element(batches.begin(), batches.end());
  logged_batch found{0, *smallest, *largest};
  const auto middle = batches.begin() + static_cast<std::ptrdiff_t>(batches.size() / 2);
  std::nth_element(batches.begin(), middle, batches.end());
  found.batch = whole_tokens(*middle);
  return found;
}

}  // namespace wsd_batch_size
