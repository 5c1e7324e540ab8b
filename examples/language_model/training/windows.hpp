// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "model/byte_batch.hpp"
#include "model/byte_model.hpp"
#include "model/random.hpp"

namespace language_model {

/// The windows of `tokens` bytes that begin at `starts`, as a batch.
inline byte_batch windows_at(std::span<const std::uint8_t> text, std::span<const std::size_t> starts,
                             std::size_t tokens) {
  byte_batch batch{static_cast<std::int64_t>(starts.size()), static_cast<std::int64_t>(tokens), {}, {}};
  for (const std::size_t start : starts) {
    const auto window = text.subspan(start, tokens + 1);
    batch.inputs.insert(batch.inputs.end(), window.begin(), window.end() - 1);
    batch.targets.insert(batch.targets.end(), window.begin() + 1, window.end());
  }
  return batch;
}

/// The batch of one training step: windows at random places. It depends on seed and step alone, so that every variant
/// sees the same bytes in the same order, and a resumed run goes on with them.
inline byte_batch training_batch(std::span<const std::uint8_t> text, std::int64_t batch, std::int64_t tokens,
                                 std::uint64_t seed, std::int64_t step) {
  std::mt19937_64 generator(derived_seed(seed, static_cast<std::uint64_t>(step)));
  std::vector<std::size_t> starts(static_cast<std::size_t>(batch));
  for (std::size_t& start : starts) start = generator() % (text.size() - static_cast<std::size_t>(tokens));
  return windows_at(text, starts, static_cast<std::size_t>(tokens));
}

/// The mean loss over windows that follow each other and predict every byte of the text but its first, once; over at
/// most `most_windows` of them, evenly spread, if there are more. The last window may be shorter.
inline double mean_loss(byte_model& model, std::span<const std::uint8_t> text, std::int64_t batch, std::int64_t tokens,
                        std::size_t most_windows = SIZE_MAX) {
  const auto length = static_cast<std::size_t>(tokens);
  const std::size_t whole = (text.size() - 1) / length;
  const std::size_t used = std::min(whole, most_windows);
  double nats = 0;
  std::size_t predicted = 0;
  const auto add_windows = [&](std::span<const std::size_t> starts, std::size_t size) {
    const byte_batch windows = windows_at(text, starts, size);
    nats += model.loss(windows) * double(windows.targets.size());
    predicted += windows.targets.size();
  };

  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < used; ++i) {
    starts.push_back(i * whole / used * length);
    if (starts.size() == static_cast<std::size_t>(batch) || i + 1 == used) {
      add_windows(starts, length);
      starts.clear();
    }
  }
  const std::size_t rest = whole * length;
  if (used == whole && rest + 1 < text.size()) add_windows(std::vector{rest}, text.size() - 1 - rest);
  return nats / double(predicted);
}

}  // namespace language_model
