// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

namespace wsd_batch_size {

/// 1234567 as 1.235M, for people; K, M, B and T are powers of 1000.
inline std::string quantity(double value) {
  std::pair<double, const char*> unit{1, ""};
  for (const auto& larger : {std::pair{1e3, "K"}, std::pair{1e6, "M"}, std::pair{1e9, "B"}, std::pair{1e12, "T"}})
    if (std::fabs(value) >= 0.99995 * larger.first) unit = larger;
  char text[64];
  std::snprintf(text, sizeof text, "%.4g%s", value / unit.first, unit.second);
  return text;
}

}  // namespace wsd_batch_size
