// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "headwise/core/host_memory.hpp"

namespace headwise::test {

/// A workspace whose memory holds NaNs (all bits set, which is a NaN in every number type), so that a result that
/// depends on what was left there shows.
inline host_workspace poisoned_workspace(std::size_t bytes = 1 << 22, int every_byte = 0xFF) {
  host_workspace workspace;
  workspace.reserve(bytes);
  {
    host_workspace::frame frame(workspace);
    std::memset(frame.take<std::byte>(static_cast<std::int64_t>(bytes)), every_byte, bytes);
  }
  return workspace;
}

}  // namespace headwise::test
