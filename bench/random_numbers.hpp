// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace bench {

/// Random numbers, as zeros would be kinder to a processor than real data. After a million they come again.
template <typename T>
std::vector<T> random_numbers(std::int64_t count) {
  constexpr std::size_t different = (std::size_t{1} << 20) + 7;
  static std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<T> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < std::min(different, values.size()); ++i) values[i] = static_cast<T>(normal(generator));
  for (std::size_t i = different; i < values.size(); ++i) values[i] = values[i - different];
  return values;
}

}  // namespace bench
