// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "headwise/core/error.hpp"

namespace headwise::cuda {

/// Shared memory that a block may have on every device from sm_80 on. Those of sm_86 and sm_89 have no more.
inline constexpr int shared_bytes_everywhere = 99 * 1024;

/// Throws `headwise::error` if a block of a launch asks for more shared memory than there is.
inline void require_shared_bytes(const char* name, std::size_t bytes, std::size_t most) {
  detail::require(bytes <= most, name, detail::words("of ", bytes, " bytes of shared memory a block"),
                  detail::words("at most ", most, " on this device"));
}

}  // namespace headwise::cuda
