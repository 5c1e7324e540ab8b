// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace language_model {

/// Sequences of bytes, [batch][tokens], and for each byte the one that follows it.
struct byte_batch {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::vector<std::uint8_t> inputs;
  std::vector<std::uint8_t> targets;
};

}  // namespace language_model
