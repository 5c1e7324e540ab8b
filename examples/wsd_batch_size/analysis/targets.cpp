// SPDX-License-Identifier: Apache-2.0
#include "analysis/targets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "program_support/text_format.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {

namespace wsd = headwise::wsd;

std::vector<double> choose_losses(std::span<const wsd::smoothed_curve> runs, std::size_t count) {
  // With many batch sizes, as many as the published curve needs; it leaves two for the side that fails.
  constexpr std::size_t for_pieces = wsd::piecewise_model<false>::fewest_batches;
  double highest = std::numeric_limits<double>::infinity();
  std::map<double, double> lowest_of_batch;
  for (const wsd::smoothed_curve& run : runs) {
    highest = std::min(highest, run.first_loss());
    const auto [place, is_new] = lowest_of_batch.emplace(run.batch(), run.lowest_loss());
    if (!is_new) place->second = std::min(place->second, run.lowest_loss());
  }
  std::vector<double> lowest;
  lowest.reserve(lowest_of_batch.size());
  for (const auto& [batch, loss] : lowest_of_batch) lowest.push_back(loss);
  std::sort(lowest.begin(), lowest.end());
  const std::size_t enough_batches = lowest.size() >= for_pieces + 2 ? for_pieces : wsd::laurent_model::fewest_batches;
  double last = lowest[std::min(enough_batches, lowest.size()) - 1];
  if (!(last < highest))
    throw program::usage_error(
        "no loss is reached by all runs after the first lines of their logs and by enough of "
        "them at all: the highest could be " +
        program::exact(highest) + ", the lowest " + program::exact(last) +
        "; name losses with --targets, or bring longer runs");
  // Evenly in the logarithm of what is above a floor that lies as far below the last loss as the first is above it.
  // The last loss is a little above the end of a run, which would be fragile there.
  constexpr double above_end = 0.02;
  const double range = (1 - above_end) * (highest - last);
  last += above_end * (highest - last);
  std::vector<double> losses;
  for (std::size_t i = 1; i <= count; ++i)
    losses.push_back(last - range + 2 * range * std::pow(0.5, static_cast<double>(i) / static_cast<double>(count)));
  return losses;
}

}  // namespace wsd_batch_size
